import {
  cidrContains,
  ipv4FromNumber,
  ipv4ToNumber,
  isCidr,
  isIpv4Address,
} from '../../identity/address.ts';
import type { CloudState, NetworkInterfaceRecord, Subnet } from './cloud-state.ts';
import { isNitro } from './instance-types.ts';
import { refuse } from './refuse.ts';
import { requireUsable, subnetRange } from './subnet-range.ts';

/** EC2 delegates blocks of 16 addresses (EC2 user guide, "Prefix delegation"). */
const prefixLength = 28;
const prefixSize = 16;

/** The addresses of a /28. */
export function addressesIn(prefix: string): string[] {
  const [network = ''] = prefix.split('/');
  if (!isIpv4Address(network)) throw new RangeError(`no prefix: ${prefix}`);
  const first = ipv4ToNumber(network);
  return Array.from({ length: prefixSize }, (_, index) => ipv4FromNumber(first + index));
}

/** True for an address inside a prefix that is delegated to the interface. */
export function isDelegated(eni: NetworkInterfaceRecord, privateIp: string): boolean {
  if (!isIpv4Address(privateIp)) return false;
  return eni.ipv4Prefixes.some((prefix) => isCidr(prefix) && cidrContains(prefix, privateIp));
}

/** True for an address that is on the interface, listed or inside a delegated prefix. */
export function carries(eni: NetworkInterfaceRecord, privateIp: string): boolean {
  return eni.privateIps.includes(privateIp) || isDelegated(eni, privateIp);
}

/** The slots of an interface that are taken: a prefix takes one, like an address. */
export function slotsTaken(eni: NetworkInterfaceRecord): number {
  return eni.privateIps.length + eni.ipv4Prefixes.length;
}

/**
 * Refuses delegated prefixes, of IPv4 or IPv6, on an instance that is not built on the Nitro System (EC2 user guide, "Prefix delegation"). The code is documented nowhere. Of an
 * instance without a type nothing is said.
 */
export function requireNitro(
  { instances }: CloudState,
  instanceId: string | undefined,
  prefixes: readonly string[],
): void {
  const { instanceType } = instances.get(instanceId ?? '') ?? {};
  if (prefixes.length === 0 || instanceType === undefined || isNitro(instanceType)) return;
  refuse(
    'UnsupportedOperation',
    `${instanceType} does not support prefixes: ${prefixes.join(', ')}.`,
  );
}

/** Throws unless a prefix is a /28 of the subnet that holds none of the addresses EC2 keeps. */
export function requirePrefix(subnet: Subnet, prefix: string): void {
  if (!isCidr(prefix) || !prefix.endsWith(`/${prefixLength}`)) {
    refuse('InvalidParameterValue', `Value (${prefix}) for parameter ipv4Prefix is invalid.`);
  }
  for (const privateIp of addressesIn(prefix)) requireUsable(subnet, privateIp);
}

/** The lowest /28 blocks of a subnet of which no address is taken or kept by EC2. */
export function freePrefixes(
  subnet: Subnet,
  count: number,
  isFree: (privateIp: string) => boolean,
): string[] {
  const { first, last } = subnetRange(subnet);
  const free: string[] = [];
  // the first and the last block hold addresses that EC2 keeps
  for (let block = first + prefixSize; block + prefixSize <= last; block += prefixSize) {
    if (free.length === count) break;
    const prefix = `${ipv4FromNumber(block)}/${prefixLength}`;
    if (addressesIn(prefix).every(isFree)) free.push(prefix);
  }
  if (free.length < count) {
    refuse(
      'InsufficientCidrBlocks',
      `There are not enough free blocks in subnet '${subnet.subnetId}'.`,
    );
  }
  return free;
}
