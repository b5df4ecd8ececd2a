import {
  canonicalIpv6Cidr,
  ipv6CidrContains,
  ipv6FromBigInt,
  ipv6NetworkOf,
  ipv6ToBigInt,
  type Ipv6Address,
  type Ipv6Cidr,
} from '../../identity/ipv6-address.ts';
import type { CloudState, NetworkInterfaceRecord } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** EC2 delegates blocks of this length (EC2 user guide, "Prefix delegation"). */
const prefixLength = 80;
const prefixSize = 2n ** 48n;
/** How many of them a subnet, a /64, has. */
const prefixesOfSubnet = 2n ** 16n;

/** True for an address that is on the interface, listed or inside a delegated prefix. */
export function carriesIpv6(eni: NetworkInterfaceRecord, address: Ipv6Address): boolean {
  return (
    eni.ipv6Addresses.includes(address) ||
    eni.ipv6Prefixes.includes(ipv6NetworkOf(address, prefixLength))
  );
}

/** The prefix in canonical form. Throws unless it is a /80 of the subnet that holds none of the addresses EC2 keeps. */
export function requireIpv6Prefix(subnet: Ipv6Cidr, text: string): Ipv6Cidr {
  const prefix = canonicalIpv6Cidr(text);
  const [network = '', length] = (prefix ?? '').split('/');
  if (prefix === undefined || length !== String(prefixLength)) {
    return refuse('InvalidParameterValue', `Value (${text}) for parameter ipv6Prefix is invalid.`);
  }
  if (!ipv6CidrContains(subnet, network as Ipv6Address)) {
    refuse(
      'InvalidParameterValue',
      `Prefix ${prefix} does not fall within the subnet's address range ${subnet}.`,
    );
  }
  const [first, last] = [prefixAt(subnet, 0n), prefixAt(subnet, prefixesOfSubnet - 1n)];
  if (prefix === first || prefix === last) {
    refuse('InvalidParameterValue', `Prefix ${prefix} is in subnet's reserved range.`);
  }
  return prefix;
}

/** Refuses a prefix that another interface has, or of which any has an address. */
export function requireFreePrefix(state: CloudState, prefix: Ipv6Cidr): void {
  const holder = holderOfPrefix(state, prefix);
  if (holder === undefined) return;
  refuse(
    state.rules.privateIpTakenCode,
    `[${prefix}] is assigned to ${holder.networkInterfaceId}, or an address of it is.`,
  );
}

function holderOfPrefix(state: CloudState, prefix: Ipv6Cidr): NetworkInterfaceRecord | undefined {
  return [...state.networkInterfaces.values()].find(
    ({ ipv6Addresses, ipv6Prefixes }) =>
      ipv6Prefixes.includes(prefix) ||
      ipv6Addresses.some((address) => ipv6CidrContains(prefix, address as Ipv6Address)),
  );
}

/** The lowest free ones; EC2 itself chooses at random. */
export function freeIpv6Prefixes(state: CloudState, subnet: Ipv6Cidr, count: number): Ipv6Cidr[] {
  const free: Ipv6Cidr[] = [];
  for (let index = 1n; free.length < count && index < prefixesOfSubnet - 1n; index++) {
    const prefix = prefixAt(subnet, index);
    if (holderOfPrefix(state, prefix) === undefined) free.push(prefix);
  }
  if (free.length < count) {
    refuse('InsufficientCidrBlocks', `There are not enough free prefixes in ${subnet}.`);
  }
  return free;
}

function prefixAt(subnet: Ipv6Cidr, index: bigint): Ipv6Cidr {
  const first = ipv6ToBigInt(subnet.slice(0, subnet.indexOf('/')) as Ipv6Address);
  return ipv6NetworkOf(ipv6FromBigInt(first + index * prefixSize), prefixLength);
}

export function noteIpv6Prefix(
  state: CloudState,
  kind: 'ipv6-prefix-assigned' | 'ipv6-prefix-unassigned',
  { networkInterfaceId }: NetworkInterfaceRecord,
  ipv6Prefix: string,
): void {
  state.changes.push({ kind, networkInterfaceId, ipv6Prefix });
}
