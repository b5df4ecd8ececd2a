import type { Ec2Change } from '@truetuple/core/testing';
import type { DataPlane } from './data-plane.ts';
import type { BoxInEc2 } from './describe-box-to-ec2.ts';
import { eniNames, subnetNames, type EniName, type RouteTableName } from './topology.ts';

/** Anything whose changes a box can follow: a SimulatedEc2. */
export interface ChangingEc2 {
  /** The listener's promise is awaited before the write that made the change answers. */
  onChange(listener: (change: Ec2Change) => Promise<void>): () => void;
}

/**
 * Carries each change of a simulated EC2 into the data plane, so that a write that has answered has taken
 * effect on packets. Changes about ENIs and route tables that the box does not have are left alone.
 * Returns how to stop following.
 */
export function followEc2(plane: DataPlane, ec2: ChangingEc2, known: BoxInEc2): () => void {
  return ec2.onChange((change) => applyChange(plane, change, known));
}

async function applyChange(plane: DataPlane, change: Ec2Change, known: BoxInEc2): Promise<void> {
  switch (change.kind) {
    case 'private-ip-assigned':
    case 'private-ip-unassigned':
      return applyPrivateIp(plane, change, known);
    case 'address-associated':
      if (eniOf(known, change.networkInterfaceId) === undefined) {
        return plane.disassociateAddress(change.publicIp);
      }
      return plane.associateAddress(change.publicIp, change.privateIp);
    case 'address-disassociated':
      return plane.disassociateAddress(change.publicIp);
    case 'route-created':
    case 'route-replaced':
      return applyRoute(plane, change, known);
    case 'route-deleted': {
      const table = tableOf(known, change.routeTableId);
      return table && plane.deleteRoute(table, change.destinationCidrBlock);
    }
    case 'source-dest-check-changed': {
      const eni = eniOf(known, change.networkInterfaceId);
      return eni && plane.setSourceDestCheck(eni, change.sourceDestCheck);
    }
    // the box carries IPv4
    case 'ipv6-address-assigned':
    case 'ipv6-address-unassigned':
    case 'ipv6-prefix-assigned':
    case 'ipv6-prefix-unassigned':
    case 'tags-changed':
      return undefined;
    default:
      throw new TypeError(`unknown change ${JSON.stringify(change satisfies never)}`);
  }
}

async function applyPrivateIp(
  plane: DataPlane,
  change: Ec2Change & { readonly kind: 'private-ip-assigned' | 'private-ip-unassigned' },
  known: BoxInEc2,
): Promise<void> {
  const eni = eniOf(known, change.networkInterfaceId);
  if (eni === undefined) return;
  if (change.kind === 'private-ip-assigned') await plane.assignPrivateIp(eni, change.privateIp);
  else await plane.unassignPrivateIp(eni, change.privateIp);
}

async function applyRoute(
  plane: DataPlane,
  change: Ec2Change & { readonly kind: 'route-created' | 'route-replaced' },
  known: BoxInEc2,
): Promise<void> {
  const table = tableOf(known, change.routeTableId);
  const eni = eniOf(known, change.networkInterfaceId);
  if (table === undefined) return;
  if (eni === undefined) await plane.deleteRoute(table, change.destinationCidrBlock);
  else await plane.setRoute(table, change.destinationCidrBlock, eni);
}

function eniOf(known: BoxInEc2, networkInterfaceId: string): EniName | undefined {
  return eniNames.find((name) => known.networkInterfaceIds[name] === networkInterfaceId);
}

function tableOf(known: BoxInEc2, routeTableId: string): RouteTableName | undefined {
  return subnetNames.find((name) => known.routeTableIds[name] === routeTableId);
}
