import {
  canonicalIpv6,
  canonicalIpv6Cidr,
  ipv6CidrContains,
  ipv6FromBigInt,
  ipv6ToBigInt,
  type Ipv6Address,
  type Ipv6Cidr,
} from '../../identity/ipv6-address.ts';
import {
  requireNetworkInterface,
  type CloudState,
  type NetworkInterfaceRecord,
  type Vpc,
} from './cloud-state.ts';
import { requireExactlyOne } from './exactly-one.ts';
import {
  carriesIpv6,
  freeIpv6Prefixes,
  noteIpv6Prefix,
  requireFreePrefix,
  requireIpv6Prefix,
} from './ipv6-prefixes.ts';
import { requireAddressUnits } from './network-address-units.ts';
import { privateIpLimit, subnetOf } from './network-interfaces.ts';
import { requireNitro } from './prefixes.ts';
import { refuse } from './refuse.ts';

/** AssignIpv6Addresses, as wide as EC2 takes it. */
export interface AssignIpv6Input {
  readonly networkInterfaceId: string;
  readonly ipv6Addresses?: readonly string[] | undefined;
  readonly ipv6AddressCount?: number | undefined;
  /** /80 blocks of the subnet; each takes one slot of the interface. */
  readonly ipv6Prefixes?: readonly string[] | undefined;
  readonly ipv6PrefixCount?: number | undefined;
}

/** What AssignIpv6Addresses assigned. */
export interface AssignIpv6Answer {
  /** Only those that the call put there. */
  readonly assignedIpv6Addresses: readonly string[];
  /** Absent when none was delegated. */
  readonly assignedIpv6Prefixes?: readonly string[];
}

/** UnassignIpv6Addresses: addresses, delegated prefixes, or both. */
export interface UnassignIpv6Input {
  readonly networkInterfaceId: string;
  readonly ipv6Addresses?: readonly string[] | undefined;
  readonly ipv6Prefixes?: readonly string[] | undefined;
}

/** The addresses of a subnet that EC2 keeps: the first four and the last (EC2 user guide, subnet sizing). */
const keptAtTheStart = 4n;
const lastOfSubnet = 2n ** 64n - 1n;

/**
 * AssignIpv6Addresses: all or nothing; what the interface already has is left as it is. EC2's code for an
 * address that another interface has is documented nowhere: the one for a private IP stands for it.
 */
export function assignIpv6Addresses(state: CloudState, input: AssignIpv6Input): AssignIpv6Answer {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const subnet = ipv6SubnetOf(state, eni);
  requireExactlyOne({
    ipv6Addresses: (input.ipv6Addresses ?? []).length > 0,
    ipv6AddressCount: input.ipv6AddressCount !== undefined,
    ipv6Prefixes: (input.ipv6Prefixes ?? []).length > 0,
    ipv6PrefixCount: input.ipv6PrefixCount !== undefined,
  });
  const added = wantedAddresses(state, subnet, input).filter(
    (address) => !eni.ipv6Addresses.includes(address),
  );
  const prefixes = wantedPrefixes(state, subnet, input).filter(
    (prefix) => !eni.ipv6Prefixes.includes(prefix),
  );
  requireNitro(state, eni.attachment?.instanceId, prefixes);
  const limit = privateIpLimit(state, eni);
  const taken = eni.ipv6Addresses.length + eni.ipv6Prefixes.length;
  if (taken + added.length + prefixes.length > limit) {
    refuse(
      'PrivateIpAddressLimitExceeded',
      `Number of IPv6 addresses will exceed limit: ${limit} for ${eni.networkInterfaceId}.`,
    );
  }
  for (const address of added) requireFree(state, address);
  for (const prefix of prefixes) requireFreePrefix(state, prefix);
  if (eni.attachment !== undefined) {
    requireAddressUnits(state, eni.vpcId, added.length + prefixes.length);
  }
  for (const address of added) {
    eni.ipv6Addresses.push(address);
    noteIpv6(state, 'ipv6-address-assigned', eni, address);
  }
  for (const prefix of prefixes) {
    eni.ipv6Prefixes.push(prefix);
    noteIpv6Prefix(state, 'ipv6-prefix-assigned', eni, prefix);
  }
  const delegated = prefixes.length === 0 ? {} : { assignedIpv6Prefixes: prefixes };
  return { assignedIpv6Addresses: added, ...delegated };
}

function requireFree(state: CloudState, address: Ipv6Address): void {
  const holder = holderOfIpv6(state, address);
  if (holder === undefined) return;
  refuse(
    state.rules.privateIpTakenCode,
    `[${address}] is assigned to ${holder.networkInterfaceId}; IPv6 addresses do not move.`,
  );
}

/** UnassignIpv6Addresses: all or nothing. */
export function unassignIpv6Addresses(state: CloudState, input: UnassignIpv6Input): void {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const { ipv6Addresses = [], ipv6Prefixes = [] } = input;
  if (ipv6Addresses.length + ipv6Prefixes.length === 0) {
    refuse('MissingParameter', 'The request must contain the parameter ipv6Addresses');
  }
  const gone = ipv6Addresses.map(requireAddressText);
  const prefixes = ipv6Prefixes.map(requireIpv6Cidr);
  for (const one of [...gone, ...prefixes]) {
    if (eni.ipv6Addresses.includes(one) || eni.ipv6Prefixes.includes(one)) continue;
    refuse(
      'InvalidParameterValue',
      `Some of [${one}] addresses are not assigned to interface ${eni.networkInterfaceId}`,
    );
  }
  for (const address of new Set(gone)) {
    eni.ipv6Addresses = eni.ipv6Addresses.filter((held) => held !== address);
    noteIpv6(state, 'ipv6-address-unassigned', eni, address);
  }
  for (const prefix of new Set(prefixes)) {
    eni.ipv6Prefixes = eni.ipv6Prefixes.filter((held) => held !== prefix);
    noteIpv6Prefix(state, 'ipv6-prefix-unassigned', eni, prefix);
  }
}

function wantedAddresses(
  state: CloudState,
  subnet: Ipv6Cidr,
  { ipv6Addresses = [], ipv6AddressCount: count }: AssignIpv6Input,
): Ipv6Address[] {
  if (count !== undefined) return freeAddresses(state, subnet, count);
  return [...new Set(ipv6Addresses.map((text) => requireUsable(subnet, text)))];
}

function wantedPrefixes(
  state: CloudState,
  subnet: Ipv6Cidr,
  { ipv6Prefixes = [], ipv6PrefixCount: count }: AssignIpv6Input,
): Ipv6Cidr[] {
  if (count !== undefined) return freeIpv6Prefixes(state, subnet, count);
  return [...new Set(ipv6Prefixes.map((text) => requireIpv6Prefix(subnet, text)))];
}

function requireUsable(subnet: Ipv6Cidr, text: string): Ipv6Address {
  const address = requireAddressText(text);
  if (!ipv6CidrContains(subnet, address)) {
    refuse(
      'InvalidParameterValue',
      `Address ${address} does not fall within the subnet's address range ${subnet}.`,
    );
  }
  const host = ipv6ToBigInt(address) & lastOfSubnet;
  if (host < keptAtTheStart || host === lastOfSubnet) {
    refuse('InvalidParameterValue', `Address ${address} is in subnet's reserved range.`);
  }
  return address;
}

function requireAddressText(text: string): Ipv6Address {
  return canonicalIpv6(text) ?? refuse('InvalidParameterValue', `Invalid IPv6 address: '${text}'`);
}

/** The lowest free ones; EC2 itself chooses at random. */
function freeAddresses(state: CloudState, subnet: Ipv6Cidr, count: number): Ipv6Address[] {
  const first = ipv6ToBigInt(subnet.slice(0, subnet.indexOf('/')) as Ipv6Address);
  const free: Ipv6Address[] = [];
  for (let host = keptAtTheStart; free.length < count; host++) {
    const address = ipv6FromBigInt(first + host);
    if (holderOfIpv6(state, address) === undefined) free.push(address);
  }
  return free;
}

/** Global addresses are one interface's in the whole region. */
function holderOfIpv6(state: CloudState, address: Ipv6Address): NetworkInterfaceRecord | undefined {
  return [...state.networkInterfaces.values()].find((eni) => carriesIpv6(eni, address));
}

function ipv6SubnetOf(state: CloudState, eni: NetworkInterfaceRecord): Ipv6Cidr {
  const { ipv6Cidr, subnetId } = subnetOf(state, eni);
  if (ipv6Cidr !== undefined) return ipv6Cidr as Ipv6Cidr;
  return refuse('InvalidParameterValue', `Subnet ${subnetId} has no IPv6 CIDR block.`);
}

export function noteIpv6(
  state: CloudState,
  kind: 'ipv6-address-assigned' | 'ipv6-address-unassigned',
  { networkInterfaceId }: NetworkInterfaceRecord,
  ipv6Address: string,
): void {
  state.changes.push({ kind, networkInterfaceId, ipv6Address });
}

/** The block in canonical form. */
export function requireIpv6Cidr(text: string): Ipv6Cidr {
  return (
    canonicalIpv6Cidr(text) ??
    refuse('InvalidParameterValue', `Value (${text}) for parameter ipv6CidrBlock is invalid.`)
  );
}

/** A subnet's block: a /64 of its VPC's. */
export function ipv6CidrIn(
  state: CloudState,
  vpc: Vpc,
  text: string | undefined,
): Ipv6Cidr | undefined {
  if (text === undefined) return undefined;
  const cidr = requireIpv6Cidr(text);
  const [network = '', length] = cidr.split('/');
  const isOfVpc =
    vpc.ipv6Cidr !== undefined &&
    ipv6CidrContains(vpc.ipv6Cidr as Ipv6Cidr, network as Ipv6Address);
  if (length !== '64' || !isOfVpc) {
    refuse('InvalidSubnet.Range', `The CIDR '${cidr}' is no /64 of the VPC's IPv6 block.`);
  }
  for (const subnet of state.subnets.values()) {
    if (subnet.ipv6Cidr !== cidr) continue;
    refuse('InvalidSubnet.Conflict', `The CIDR '${cidr}' conflicts with ${subnet.subnetId}`);
  }
  return cidr;
}
