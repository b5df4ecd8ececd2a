import type { AddressFamily } from '../identity/ipv6-spec.ts';
import type { Finding, Observation } from './finding.ts';
import { inboundNotAsked } from './judge-inbound.ts';
import { judgePath, type PathRule } from './judge-path.ts';
import { linkCauses } from './link-causes.ts';
import type { MappingFacts } from './judge-mapping.ts';
import type { PathProof } from './path-proof.ts';
import type { WireEvidence } from './gather-wire.ts';

/** What verification found of an identity. */
export interface VerifyReport {
  readonly publicIp: string;
  /** Every path that was asked: one a port, two where servers in the VPC were named too. */
  readonly paths: readonly PathProof[];
  /**
   * True when each path of each port that a server was named for was asked, and its quorum of servers saw the advertised tuple. Nothing asked is
   * nothing proven.
   */
  readonly outboundProven: boolean;
  /** True when for each port, and each family that was asked, a packet arrived on a path whose sender nothing had been sent to. */
  readonly inboundProven: boolean;
  /** The same of each family of the identity by itself; of one that nobody was asked by, nothing is proven. */
  readonly families: readonly FamilyProof[];
  readonly findings: readonly Finding[];
}

/** What packets of one family proved. */
export interface FamilyProof {
  readonly family: AddressFamily;
  readonly outboundProven: boolean;
  readonly inboundProven: boolean;
}

export interface ReportParts {
  readonly facts: MappingFacts;
  readonly wire: WireEvidence;
  readonly rule: Omit<PathRule, 'serversNotFound'>;
  /** Of the kernel and of EC2. */
  readonly observations: readonly Observation[];
}

/** Pure: judges what was gathered, and ties findings to their causes. */
export function reportOf({ facts, wire, rule, observations }: ReportParts): VerifyReport {
  const { paths: seen, serversNotFound } = wire;
  const full = { ...rule, serversNotFound: serversNotFound.length };
  const judged = seen.map((path) => judgePath(facts, path, full));
  const paths = judged.map(({ proof }) => proof);
  const notFound = serversNotFound.map(serverNotFound);
  const ofFamily = (family: AddressFamily): PathProof[] =>
    paths.filter((path) => path.family === family);
  const families: readonly AddressFamily[] =
    facts.publicIpv6 === undefined ? ['ipv4'] : ['ipv4', 'ipv6'];
  const notAsked = rule.wantsInbound
    ? families.flatMap((family) =>
        portsNotAsked(ofFamily(family)).map((port) => inboundNotAsked(port, family)),
      )
    : [];
  const ofPaths = judged.flatMap((path) => path.observations);
  return {
    publicIp: facts.publicIp,
    paths,
    outboundProven: isOutboundProven(paths),
    inboundProven: isInboundProven(paths),
    families: families.map((family) => ({
      family,
      outboundProven: isOutboundProven(ofFamily(family)),
      inboundProven: isInboundProven(ofFamily(family)),
    })),
    findings: linkCauses([...observations, ...notFound, ...ofPaths, ...notAsked]),
  };
}

/** A path that only a sender is on says nothing of outbound. */
function isOutboundProven(paths: readonly PathProof[]): boolean {
  const asked = paths.filter(({ outbound }) => outbound !== 'no-server');
  return asked.length > 0 && asked.every(({ outbound }) => outbound === 'proven');
}

function isInboundProven(paths: readonly PathProof[]): boolean {
  const byPort = Map.groupBy(paths, ({ port, family }) => `${family} ${port}`);
  return byPort.size > 0 && [...byPort.values()].every(hasInboundProof);
}

function portsNotAsked(paths: readonly PathProof[]): number[] {
  return [...Map.groupBy(paths, ({ port }) => port)]
    .filter(([, some]) => some.every(({ inbound }) => inbound === 'not-asked'))
    .map(([port]) => port);
}

function hasInboundProof(paths: readonly PathProof[]): boolean {
  return paths.some(({ inbound }) => inbound === 'proven');
}

function serverNotFound(server: string): Observation {
  return {
    code: 'server-not-found',
    severity: 'unproven',
    seen: `${server} has no address in a family of the identity`,
    wanted: 'a server that can be asked',
    remedy: 'Correct the name, or see whether the pod can resolve names.',
  };
}
