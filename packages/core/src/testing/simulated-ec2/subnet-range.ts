import { cidrContains, ipv4ToNumber, isIpv4Address, type Cidr } from '../../identity/address.ts';
import type { Subnet } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** Throws unless an address lies in the subnet and is none of the five that EC2 keeps. */
export function requireUsable(subnet: Subnet, privateIp: string): void {
  const cidr = subnet.cidr as Cidr;
  if (!isIpv4Address(privateIp) || !cidrContains(cidr, privateIp)) {
    refuse(
      'InvalidParameterValue',
      `Address ${privateIp} does not fall within the subnet's address range ${subnet.cidr}.`,
    );
  }
  const { first, last } = subnetRange(subnet);
  const value = ipv4ToNumber(privateIp);
  if (value < first + 4 || value === last) {
    refuse('InvalidParameterValue', `Address ${privateIp} is in subnet's reserved range.`);
  }
}

/**
 * True for an address in a CIDR reservation that keeps it from being chosen by EC2: both types keep it from being given out alone,
 * only `explicit` from being part of a delegated prefix.
 */
export function isReserved(
  { reservations }: Subnet,
  privateIp: string,
  from: 'address' | 'prefix',
): boolean {
  return reservations.some(
    ({ cidr, reservationType }) =>
      (from === 'address' || reservationType === 'explicit') &&
      isIpv4Address(privateIp) &&
      cidrContains(cidr as Cidr, privateIp),
  );
}

/** The first and the last address of a subnet, as numbers. */
export function subnetRange(subnet: Subnet): {
  readonly first: number;
  readonly last: number;
} {
  const [network, length] = subnet.cidr.split('/');
  if (network === undefined || !isIpv4Address(network)) throw new RangeError(subnet.cidr);
  const first = ipv4ToNumber(network);
  return { first, last: first + 2 ** (32 - Number(length)) - 1 };
}
