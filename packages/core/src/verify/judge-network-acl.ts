import type { NetworkAcl, NetworkAclEntry } from '../cloud/ec2/ec2-packet-filters.ts';
import { everyAddress, touches, without } from './address-space.ts';
import type { Observation } from './finding.ts';

/** Ports that clients send from, and that peers choose for RTP (EC2 user guide, network ACLs: ephemeral ports). */
const peersPorts = { from: 1024, to: 65_535 };
/** EC2's own last rule, which it shows as `*`. */
const lastRuleNumber = 32_767;

/**
 * Pure: what the network ACL of a subnet lets in to UDP ports of ours, and out to the ports of peers. It keeps no
 * state: what denies our port inbound denies answers to what we sent, too, and what denies the peers' ports
 * outbound denies our answers. Peers in the same subnet pass none.
 */
export function judgeNetworkAcl(acl: NetworkAcl, ports: readonly number[]): Observation[] {
  const entries = acl.entries.filter(isForUdp).toSorted((a, b) => a.ruleNumber - b.ruleNumber);
  return [
    ...judgeInbound(acl.networkAclId, entries, ports),
    ...judgeOutbound(acl.networkAclId, entries),
  ];
}

/** DescribeNetworkAcls writes 17; what creates an entry may have said so, or -1 for all protocols. */
function isForUdp({ protocol }: NetworkAclEntry): boolean {
  return protocol === '17' || protocol === '-1';
}

/** What becomes of packets to one port, wherever they come from or go. */
interface Outcome {
  readonly letsSomeThrough: boolean;
  /** The rules that deny the rest, said. */
  readonly denials: string;
}

function outcomeOf(entries: readonly NetworkAclEntry[], port: number): Outcome {
  let undecided = everyAddress;
  let letsSomeThrough = false;
  const denials: string[] = [];
  for (const entry of entries) {
    const { cidrBlock, ruleAction } = entry;
    if (cidrBlock === undefined || !coversPort(entry, port)) continue;
    if (!touches(undecided, cidrBlock)) continue;
    if (ruleAction === 'allow') letsSomeThrough = true;
    else denials.push(sayRule(entry));
    undecided = without(undecided, [cidrBlock]);
  }
  return { letsSomeThrough, denials: denials.join(', ') };
}

function coversPort({ protocol, portRange }: NetworkAclEntry, port: number): boolean {
  if (protocol === '-1' || portRange === undefined) return true;
  return portRange.from <= port && port <= portRange.to;
}

function sayRule({ ruleNumber, cidrBlock }: NetworkAclEntry): string {
  if (ruleNumber === lastRuleNumber) return 'all others (rule *)';
  return `${cidrBlock} (rule ${ruleNumber})`;
}

function judgeInbound(
  acl: string,
  entries: readonly NetworkAclEntry[],
  ports: readonly number[],
): Observation[] {
  const ingress = entries.filter(({ egress }) => !egress);
  const outcomes = ports.map((port) => ({ port, ...outcomeOf(ingress, port) }));
  const blocked = outcomes.filter(({ letsSomeThrough }) => !letsSomeThrough);
  const restricted = outcomes.filter((one) => one.letsSomeThrough && one.denials !== '');
  const byDenials = Map.groupBy(restricted, ({ denials }) => denials);
  return [
    ...(blocked.length === 0 ? [] : [blocksInbound(acl, blocked.map(portOf))]),
    ...[...byDenials].map(([denials, some]) => restrictsInbound(acl, some.map(portOf), denials)),
  ];
}

function portOf({ port }: { readonly port: number }): number {
  return port;
}

function blocksInbound(acl: string, ports: readonly number[]): Observation {
  return {
    code: 'network-acl-blocks-inbound',
    severity: 'broken',
    seen: `${acl} of the subnet lets no packet to UDP port ${ports.join(', ')} in, not even answers`,
    wanted: 'a rule for each port, from everywhere that peers are',
    remedy: `aws ec2 create-network-acl-entry --network-acl-id ${acl} --ingress --protocol udp --rule-action allow --cidr-block 0.0.0.0/0 for these ports, with a rule number below those that deny.`,
  };
}

function restrictsInbound(acl: string, ports: readonly number[], denials: string): Observation {
  return {
    code: 'network-acl-restricts-inbound',
    severity: 'warning',
    seen: `${acl} of the subnet lets UDP port ${ports.join(', ')} in, but not from ${denials}`,
    wanted: 'everywhere that peers are',
    remedy: 'See that none of your peers is there: neither their packets nor their answers arrive.',
  };
}

function judgeOutbound(acl: string, entries: readonly NetworkAclEntry[]): Observation[] {
  const egress = entries.filter(({ egress: isOut }) => isOut);
  const outcomes = portSegments(egress).map((segment) => ({
    segment,
    ...outcomeOf(egress, segment.from),
  }));
  if (outcomes.every(({ letsSomeThrough }) => !letsSomeThrough)) return [blocksOutbound(acl)];
  const restricted = outcomes.filter(({ denials }) => denials !== '');
  return restricted.length === 0 ? [] : [restrictsOutbound(acl, restricted)];
}

interface PortSegment {
  readonly from: number;
  readonly to: number;
}

/** The peers' ports, cut wherever a rule begins or ends: one port of a segment stands for all of it. */
function portSegments(entries: readonly NetworkAclEntry[]): PortSegment[] {
  const cuts = entries
    .flatMap(({ portRange }) => (portRange === undefined ? [] : [portRange.from, portRange.to + 1]))
    .filter((port) => port > peersPorts.from && port <= peersPorts.to);
  const starts = [...new Set([peersPorts.from, ...cuts])].toSorted((a, b) => a - b);
  return starts.map((from, index) => ({ from, to: (starts[index + 1] ?? peersPorts.to + 1) - 1 }));
}

function blocksOutbound(acl: string): Observation {
  return {
    code: 'network-acl-blocks-outbound',
    severity: 'broken',
    seen: `${acl} of the subnet lets no UDP out to any port from ${peersPorts.from} to ${peersPorts.to}`,
    wanted: 'a rule that does: peers choose their ports, and no answer leaves without one',
    remedy: `aws ec2 create-network-acl-entry --network-acl-id ${acl} --egress --protocol udp --port-range From=${peersPorts.from},To=${peersPorts.to} --rule-action allow --cidr-block 0.0.0.0/0, with a rule number below those that deny.`,
  };
}

function restrictsOutbound(
  acl: string,
  outcomes: readonly (Outcome & { readonly segment: PortSegment })[],
): Observation {
  const said = outcomes.map(
    ({ segment, denials }) => `to port ${segment.from}-${segment.to} of ${denials}`,
  );
  return {
    code: 'network-acl-restricts-outbound',
    severity: 'warning',
    seen: `${acl} of the subnet lets UDP out, but not ${said.join('; ')}`,
    wanted: 'everywhere that peers are, every port of theirs',
    remedy: 'See that none of your peers is there: no packet reaches them, no answer either.',
  };
}
