import { Ec2CallError } from './ec2-call-error.ts';

/** More than any network interface can hold: 64 (EC2 user guide, IP addresses per interface and type). */
export const addressesPerCall = 64;

/**
 * Refusals of AssignPrivateIpAddresses for which one of several addresses may be to blame: taken, another
 * interface's primary, outside the subnet, reserved; or too many together for the interface, the subnet or the VPC.
 */
const perAddress: ReadonlySet<string> = new Set([
  'InvalidParameterValue',
  'InvalidParameter',
  'InvalidParameterException',
  'InvalidParameterCombination',
  'MissingParameter',
  'Resource.AlreadyAssociated',
  'InvalidIPAddress.InUse',
  'PrivateIpAddressLimitExceeded',
  'NetworkAddressUsageLimitExceeded',
  'InsufficientFreeAddressesInSubnet',
  'InsufficientCidrBlocks',
]);

/** True when a refused batch may hold requests that EC2 would grant alone. */
export function asksForEach(error: unknown): boolean {
  return Ec2CallError.is(error) && perAddress.has(error.ec2Code);
}
