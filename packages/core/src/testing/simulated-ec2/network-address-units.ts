import type { CloudState, NetworkInterfaceRecord } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/**
 * How many units an interface adds to what its VPC holds (VPC user guide, "Network Address Usage for your VPC"): nothing unless it is
 * attached to an instance; then one for each IPv4 and IPv6 address, Elastic ones too, one for a delegated prefix, and one for an
 * interface that is not its instance's first.
 */
export function addressUnitsOf(state: CloudState, eni: NetworkInterfaceRecord): number {
  const { networkInterfaceId, attachment, privateIps, ipv4Prefixes, ipv6Addresses } = eni;
  if (attachment === undefined) return 0;
  const prefixes = ipv4Prefixes.length + eni.ipv6Prefixes.length;
  let units = privateIps.length + ipv6Addresses.length + prefixes;
  for (const { association } of state.addresses.values()) {
    if (association?.networkInterfaceId === networkInterfaceId) units += 1;
  }
  return attachment.deviceIndex === 0 ? units : units + 1;
}

/**
 * Refuses what would take a VPC above its quota. EC2 asks this where an interface is attached or gets addresses; AssociateAddress
 * adds a unit too, and is not among the calls that are refused.
 */
export function requireAddressUnits(state: CloudState, vpcId: string, wanted: number): void {
  const { networkAddressUnitsPerVpc: most } = state.rules;
  if (wanted === 0) return;
  let units = wanted;
  for (const eni of state.networkInterfaces.values()) {
    if (eni.vpcId === vpcId) units += addressUnitsOf(state, eni);
  }
  if (units <= most) return;
  refuse(
    'NetworkAddressUsageLimitExceeded',
    `The VPC ${vpcId} would have ${units} network address units: its quota is ${most}.`,
  );
}
