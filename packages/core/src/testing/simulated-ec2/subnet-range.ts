import {
  cidrContains,
  cidrWithin,
  ipv4ToNumber,
  isIpv4Address,
  type Cidr,
} from '../../identity/address.ts';
import type { CloudState, Subnet, Vpc } from './cloud-state.ts';
import { refuse } from './refuse.ts';
import { canonicalCidr } from './route-tables.ts';

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

/** EC2 user guide: blocks of a VPC and of a subnet have 16 to 65,536 addresses. */
const [shortestPrefix, longestPrefix] = [16, 28];

/** The block in canonical form. Throws unless it can be a VPC's. */
export function requireVpcCidr(text: string): Cidr {
  const cidr = canonicalCidr(text, 'cidrBlock');
  if (!isOfRightSize(cidr)) refuse('InvalidVpc.Range', `The CIDR '${text}' is invalid.`);
  return cidr;
}

/** The block in canonical form. Throws unless it is the VPC's and no other subnet's. */
export function requireSubnetCidr(state: CloudState, vpc: Vpc, text: string): Cidr {
  const own = canonicalCidr(text, 'cidrBlock');
  if (!isOfRightSize(own) || !cidrWithin(own, vpc.cidr as Cidr)) {
    refuse('InvalidSubnet.Range', `The CIDR '${text}' is invalid in ${vpc.cidr}.`);
  }
  for (const { vpcId, subnetId, cidr } of state.subnets.values()) {
    if (vpcId !== vpc.vpcId || !cidrsOverlap(own, cidr as Cidr)) continue;
    refuse('InvalidSubnet.Conflict', `The CIDR '${text}' conflicts with ${subnetId}`);
  }
  return own;
}

function isOfRightSize(cidr: Cidr): boolean {
  const length = Number(cidr.slice(cidr.indexOf('/') + 1));
  return length >= shortestPrefix && length <= longestPrefix;
}

/** Blocks lie in one another or apart. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return cidrWithin(a, b) || cidrWithin(b, a);
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
