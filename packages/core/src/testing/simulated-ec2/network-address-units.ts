import type { CloudState, NetworkInterfaceRecord } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/**
 * How many units an interface adds to what its VPC holds (VPC user guide, "Network Address Usage for your VPC"): nothing unless it is
 * attached to an instance; then one for each IPv4 and IPv6 address, Elastic ones too, one for a delegated prefix, and one for an
 * interface that is not its instance's first.
 */
export function addressUnitsOf(state: CloudState, eni: NetworkInterfaceRecord): number {
  if (eni.attachment === undefined) return 0;
  return ownUnits(eni) + elasticIps(state, (id) => id === eni.networkInterfaceId);
}

/**
 * Refuses what would take a VPC above its quota. EC2 asks this where an interface is attached or gets addresses; AssociateAddress
 * adds a unit too, and is not among the calls that are refused.
 */
export function requireAddressUnits(state: CloudState, vpcId: string, wanted: number): void {
  const { networkAddressUnitsPerVpc: most } = state.rules;
  if (wanted === 0) return;
  const isCounted = (eni: NetworkInterfaceRecord | undefined): boolean =>
    eni?.vpcId === vpcId && eni.attachment !== undefined;
  let units = wanted + elasticIps(state, (id) => isCounted(state.networkInterfaces.get(id)));
  for (const eni of state.networkInterfaces.values()) if (isCounted(eni)) units += ownUnits(eni);
  if (units <= most) return;
  refuse(
    'NetworkAddressUsageLimitExceeded',
    `The VPC ${vpcId} would have ${units} network address units: its quota is ${most}.`,
  );
}

function ownUnits(eni: NetworkInterfaceRecord): number {
  const prefixes = eni.ipv4Prefixes.length + eni.ipv6Prefixes.length;
  const units = eni.privateIps.length + eni.ipv6Addresses.length + prefixes;
  return eni.attachment?.deviceIndex === 0 ? units : units + 1;
}

/** How many are on interfaces that count. */
function elasticIps(state: CloudState, isCounted: (networkInterfaceId: string) => boolean): number {
  let count = 0;
  for (const { association } of state.addresses.values()) {
    if (association !== undefined && isCounted(association.networkInterfaceId)) count += 1;
  }
  return count;
}
