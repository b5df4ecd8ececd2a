import type { IpPermission, SecurityGroup } from '../cloud/ec2/ec2-packet-filters.ts';
import { everyAddress, without } from './address-space.ts';
import type { Observation } from './finding.ts';

const everywhere = '0.0.0.0/0';

/** Entries of managed prefix lists, by id; a list that is not here could not be read, and its peers are not known. */
export type PrefixListEntries = ReadonlyMap<string, readonly string[]>;

/**
 * Pure: what the security groups of a network interface let in and out, all of them together, as EC2 adds them
 * up. Where packets go is not known, so outbound is wanted everywhere.
 */
export function judgeSecurityGroups(
  groups: readonly SecurityGroup[],
  ports: readonly number[],
  lists: PrefixListEntries = new Map(),
): Observation[] {
  const named = groups.map(({ groupId }) => groupId).join(', ');
  const read = (rules: readonly IpPermission[]): Rule[] =>
    rules.map((rule) => resolve(rule, lists)).filter(isForUdp);
  const ingress = read(groups.flatMap(({ ipPermissions }) => ipPermissions));
  const egress = read(groups.flatMap(({ ipPermissionsEgress }) => ipPermissionsEgress));
  const blocked: number[] = [];
  const restricted: Observation[] = [];
  for (const port of ports) {
    const rules = ingress.filter((rule) => coversPort(rule, port));
    if (rules.length === 0) blocked.push(port);
    else if (!areForEverybody(rules)) restricted.push(restrictsInbound(named, port, rules));
  }
  return [
    ...(blocked.length === 0 ? [] : [blocksInbound(named, blocked)]),
    ...restricted,
    ...judgeEgress(named, egress),
  ];
}

/** A rule whose prefix lists are resolved. */
interface Rule extends Omit<IpPermission, 'prefixListIds'> {
  /** Its own blocks and those of its prefix lists. */
  readonly blocks: readonly string[];
  /** Its blocks, prefix lists and others, said. */
  readonly peers: readonly string[];
}

function resolve(rule: IpPermission, lists: PrefixListEntries): Rule {
  const { ipRanges, prefixListIds = [] } = rule;
  const said = prefixListIds.map((id) => `${id} (${lists.get(id)?.join(', ') ?? 'not read'})`);
  return {
    ...rule,
    blocks: [...ipRanges, ...prefixListIds.flatMap((id) => lists.get(id) ?? [])],
    hasOtherPeers: rule.hasOtherPeers || prefixListIds.some((id) => !lists.has(id)),
    peers: [...ipRanges, ...said, ...(rule.hasOtherPeers ? ['groups or IPv6'] : [])],
  };
}

/** EC2 writes names for 6, 17, 1 and 58, and takes both; -1 is all of them. */
function isForUdp({ ipProtocol, blocks, hasOtherPeers }: Rule): boolean {
  return ['udp', '17', '-1'].includes(ipProtocol) && (blocks.length > 0 || hasOtherPeers);
}

/** Without ports, with -1 or for all protocols a rule is for all of them. */
function coversPort({ ipProtocol, fromPort = -1, toPort = -1 }: Rule, port: number): boolean {
  if (ipProtocol === '-1' || fromPort === -1) return true;
  return fromPort <= port && port <= toPort;
}

/** Together: two halves of all addresses are all addresses. */
function areForEverybody(rules: readonly Rule[]): boolean {
  return (
    without(
      everyAddress,
      rules.flatMap(({ blocks }) => blocks),
    ).length === 0
  );
}

function blocksInbound(named: string, ports: readonly number[]): Observation {
  return {
    code: 'security-group-blocks-inbound',
    severity: 'broken',
    seen: `no rule of ${named} lets UDP port ${ports.join(', ')} in`,
    wanted: 'a rule for each port, from everywhere that peers are',
    remedy: `aws ec2 authorize-security-group-ingress --group-id <one of them> --protocol udp --port <ports> --cidr ${everywhere}, or the networks of your peers.`,
  };
}

function restrictsInbound(named: string, port: number, rules: readonly Rule[]): Observation {
  return {
    code: 'security-group-restricts-inbound',
    severity: 'warning',
    seen: `${named} lets UDP port ${port} in from ${sayPeers(rules)}`,
    wanted: 'everywhere that peers are',
    remedy: `See that these are all of your peers: nobody else's packets arrive, but answers do.`,
  };
}

function judgeEgress(named: string, rules: readonly Rule[]): Observation[] {
  if (rules.length === 0) {
    return [
      {
        code: 'security-group-blocks-outbound',
        severity: 'broken',
        seen: `no rule of ${named} lets UDP out`,
        wanted: 'a rule that does',
        remedy: `aws ec2 authorize-security-group-egress for UDP: EC2 makes groups with a rule for everything, somebody took it away.`,
      },
    ];
  }
  if (areForEverybody(rules.filter(coversAllPorts))) return [];
  return [
    {
      code: 'security-group-restricts-outbound',
      severity: 'warning',
      seen: `${named} lets UDP out to ${sayPeers(rules)} only`,
      wanted: 'everywhere that peers are, every port of theirs',
      remedy: `See that these are all of your peers and their ports: peers choose the ports of RTP.`,
    },
  ];
}

function coversAllPorts(rule: Rule): boolean {
  return coversPort(rule, 1) && coversPort(rule, 0xffff);
}

function sayPeers(rules: readonly Rule[]): string {
  const said = rules.flatMap(({ ipProtocol, fromPort = -1, toPort = fromPort, peers }) => {
    const ports = ipProtocol === '-1' || fromPort === -1 ? '' : ` port ${fromPort}-${toPort}`;
    return peers.map((peer) => `${peer}${ports}`);
  });
  return [...new Set(said)].join(', ');
}
