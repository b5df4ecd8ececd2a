import type { CloudState } from './cloud-state.ts';
import { refuse } from './refuse.ts';

/** Refuses one interface more than the account may have in the region. */
export function requireInterfaceQuota({ rules, networkInterfaces }: CloudState): void {
  const { networkInterfacesPerRegion: most } = rules;
  if (networkInterfaces.size < most) return;
  refuse(
    'NetworkInterfaceLimitExceeded',
    `The maximum number of network interfaces has been reached: ${most}.`,
  );
}

/** Refuses one route table more than a VPC may have. */
export function requireTableQuota({ rules, routeTables }: CloudState, vpcId: string): void {
  const { routeTablesPerVpc: most } = rules;
  const ofVpc = [...routeTables.values()].filter((table) => table.vpcId === vpcId);
  if (ofVpc.length < most) return;
  refuse(
    'RouteTableLimitExceeded',
    `The maximum number of route tables has been reached: ${most} in ${vpcId}.`,
  );
}
