import { cidrContains, isIpv4Address } from '../identity/address.ts';
import { isRoutedHere } from '../identity/bind-address.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { formatEndpoint, isSameEndpoint, type Endpoint } from './datagram-port.ts';
import type { PublicIpv6 } from '../identity/public-ipv6.ts';
import type { Observation, WireFindingCode } from './finding.ts';
import type { PathEvidence, ServerAnswer } from './wire-evidence.ts';

/** What verification needs to know of an identity to judge what servers saw. */
export type MappingFacts = Pick<
  PublicIdentity,
  'publicIp' | 'privateIp' | 'linkName' | 'delivery' | 'subnetCidr' | 'vpcCidrs' | 'routedCidrs'
> & { readonly publicIpv6?: Pick<PublicIpv6, 'address'> | undefined };

/** An answer of a server that says where it saw us. */
export interface Mapped {
  readonly server: string;
  readonly mapped: Endpoint;
}

/** The tuple that servers must see: the public address with the port that was sent from; of IPv6 what was sent from itself. */
export function advertisedTuple(
  { publicIp, publicIpv6 }: Pick<MappingFacts, 'publicIp' | 'publicIpv6'>,
  { family, local }: PathEvidence,
): Endpoint {
  if (family === 'ipv4') return { address: publicIp, port: local.port };
  return { address: publicIpv6?.address ?? local.address, port: local.port };
}

/** Where servers saw us, but for those that prove nothing by it. */
export function mappedAnswers(facts: MappingFacts, path: PathEvidence): Mapped[] {
  return answersOf(path)
    .filter((each) => !provesNothing(facts, path, each))
    .map(({ server, mapped }) => ({ server, mapped }));
}

function answersOf({ answers }: PathEvidence): (Mapped & Pick<ServerAnswer, 'at'>)[] {
  return answers.flatMap(({ server, at, answer }) =>
    answer.kind === 'mapped' ? [{ server, at, mapped: answer.mapped }] : [],
  );
}

/**
 * True of a server in the VPC that saw the private address, and to which no route or translation of ours leads: no gateway is on the
 * way, so that is what it sees of an identity that is whole.
 */
function provesNothing(
  facts: MappingFacts,
  { local }: PathEvidence,
  { at: { address }, mapped }: ReturnType<typeof answersOf>[number],
): boolean {
  const { privateIp, delivery, subnetCidr, vpcCidrs } = facts;
  return (
    isIpv4Address(address) &&
    isSameEndpoint(mapped, { address: privateIp, port: local.port }) &&
    [subnetCidr, ...vpcCidrs].some((cidr) => cidrContains(cidr, address)) &&
    (delivery === 'dnat' || !isRoutedHere(facts, address))
  );
}

/** Pure: every way in which servers saw something else than the advertised tuple; the severity is the caller's, who knows the quorum. */
export function judgeMappings(
  facts: MappingFacts,
  path: PathEvidence,
  severity: 'broken' | 'warning',
): Observation[] {
  const advertised = advertisedTuple(facts, path);
  const wrong = mappedAnswers(facts, path).filter(
    ({ mapped }) => !isSameEndpoint(mapped, advertised),
  );
  const tell = (
    code: Mismatch,
    how: 'broken' | 'warning',
    seen: readonly Mapped[],
  ): Observation => ({
    code,
    severity: how,
    seen: `packets from ${formatEndpoint(path.local)} arrive as ${describe(seen)}`,
    wanted: formatEndpoint(advertised),
    remedy: remedies[code](facts, path),
  });
  const byCode = Map.groupBy(wrong, ({ mapped }) => mismatchOf(facts, path, mapped));
  const mismatches = [...byCode].map(([code, seen]) => tell(code, severity, seen));
  const beside = answersOf(path).filter((each) => provesNothing(facts, path, each));
  if (beside.length > 0) mismatches.push(tell('not-translated', 'warning', beside));
  return [...mismatches, ...judgeDestinations(path, wrong, severity), ...judgeRewriting(path)];
}

type Mismatch = Extract<
  WireFindingCode,
  | 'port-rewritten'
  | 'not-translated'
  | 'node-translated'
  | 'other-public-address'
  | 'source-translated'
>;

function mismatchOf(facts: MappingFacts, path: PathEvidence, mapped: Endpoint): Mismatch {
  const { local } = path;
  const { address } = mapped;
  if (address === advertisedTuple(facts, path).address) return 'port-rewritten';
  // no gateway of EC2 translates IPv6
  if (path.family === 'ipv6') return 'source-translated';
  if (address === facts.privateIp && mapped.port === local.port) return 'not-translated';
  const isInVpc =
    isIpv4Address(address) && facts.vpcCidrs.some((cidr) => cidrContains(cidr, address));
  if (isInVpc) return 'node-translated';
  // an Internet gateway never changes a port, a NAT gateway nearly always does
  return mapped.port === local.port ? 'other-public-address' : 'source-translated';
}

const remedies: Record<Mismatch, (facts: MappingFacts, path: PathEvidence) => string> = {
  'port-rewritten': ({ linkName }) =>
    `Something between ${linkName} and the peer rewrites ports: look for masquerade or snat rules in the pod and on its node (nft list ruleset), and for a NAT gateway in the subnet's route table, where an Internet gateway must be.`,
  'not-translated': ({ publicIp }) =>
    `No Internet gateway lies on the way to this server, so it is no proof: name a server outside of the VPC, or one in a subnet whose route table leads ${publicIp}/32 to the network interface. With delivery dnat a socket that was not called shows its private address to the VPC: that is so.`,
  'node-translated': ({ linkName }) =>
    `The packets leave by another link than ${linkName}, and their node puts its own address on them (VPC CNI SNAT): look at the pod's rules and routes.`,
  'other-public-address': ({ publicIp, privateIp }) =>
    `${privateIp} is translated 1:1 to another public address: look at which Elastic IP is associated with it (aws ec2 describe-addresses --filters Name=private-ip-address,Values=${privateIp}), and which of two claims for ${publicIp} is true.`,
  'source-translated': ({ linkName }, { family }) =>
    family === 'ipv6'
      ? `Something translates IPv6, which no gateway of EC2 does: look for masquerade, snat or prefix translation in the pod and on its node (nft list ruleset), and at "ip -6 rule" and "ip -6 route get" in the pod.`
      : `The packets leave by another link than ${linkName}, through a node's SNAT or a NAT gateway: look at "ip rule" and "ip route get" in the pod, and at the subnet's default route, which must be an Internet gateway.`,
};

/** A symmetric NAT gives each destination a mapping of its own (RFC 5780 section 4.3). */
function judgeDestinations(
  path: PathEvidence,
  wrong: readonly Mapped[],
  severity: 'broken' | 'warning',
): Observation[] {
  const seen = new Set(wrong.map(({ mapped }) => formatEndpoint(mapped)));
  if (seen.size < 2) return [];
  return [
    {
      code: 'mapping-per-destination',
      severity,
      seen: `${formatEndpoint(path.local)} looks different to each server: ${describe(wrong)}`,
      wanted: 'the same tuple for every peer',
      remedy:
        'A symmetric NAT lies on the way (a NAT gateway, or masquerade with random ports): no tuple that is told would hold.',
    },
  ];
}

/** Who rewrites addresses in payloads finds MAPPED-ADDRESS, and not the other (RFC 8489 section 14.2). */
function judgeRewriting({ answers }: PathEvidence): Observation[] {
  return answers.flatMap(({ server, answer }): Observation[] => {
    if (answer.kind !== 'mapped' || answer.plainMapped === undefined) return [];
    const { mapped, plainMapped } = answer;
    if (isSameEndpoint(mapped, plainMapped)) return [];
    return [
      {
        code: 'answer-rewritten',
        severity: 'warning',
        seen: `${server} says ${formatEndpoint(mapped)} in XOR-MAPPED-ADDRESS, and ${formatEndpoint(plainMapped)} arrives in MAPPED-ADDRESS`,
        wanted: 'the same in both',
        remedy:
          'Somebody on the way rewrites addresses inside of packets (an application-level gateway): he will rewrite SIP and SDP too. Turn that off, or send SIP over TLS.',
      },
    ];
  });
}

function describe(seen: readonly Mapped[]): string {
  return seen.map(({ server, mapped }) => `${formatEndpoint(mapped)} at ${server}`).join(', ');
}
