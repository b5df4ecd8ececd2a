import type { Ec2Change } from '@truetuple/core/testing';
import type { StandingAssociation } from './truth.ts';
import type { Actor, Pod } from './world.ts';

/** What is known of a pod that advertises. */
export interface Watched {
  /** From when on what it advertises is not so. */
  falseSinceMs: number | undefined;
  /** From when on one of its routes has been missing. */
  unroutedSinceMs: number | undefined;
  /** From when on its IPv6 address has not been on its network interface. */
  lacksIpv6SinceMs: number | undefined;
  keepsSinceMs: number | undefined;
  publishedMs: number;
}

/** In words. */
export function whatIsWrong(
  { falseSinceMs, unroutedSinceMs }: Watched,
  { published }: Pod,
): string {
  if (falseSinceMs !== undefined) return `advertises without holding ${published?.publicIp}`;
  if (unroutedSinceMs !== undefined) return `has no route for ${published?.publicIp}`;
  return `advertises without holding ${published?.publicIpv6?.address}`;
}

/** False when what is judged of a pod is the same after the change as before it. */
export function concerns(change: Ec2Change, { published, privateIp }: Pod): boolean {
  switch (change.kind) {
    case 'address-associated':
    case 'address-disassociated':
      return change.allocationId === published?.allocationId;
    case 'private-ip-assigned':
    case 'private-ip-unassigned':
      return change.privateIp === privateIp;
    case 'route-created':
    case 'route-replaced':
    case 'route-deleted':
      return change.destinationCidrBlock === `${published?.publicIp}/32`;
    case 'ipv6-address-assigned':
    case 'ipv6-address-unassigned':
      return change.ipv6Address === published?.publicIpv6?.address;
    case 'tags-changed':
    case 'source-dest-check-changed':
    case 'ipv6-prefix-assigned':
    case 'ipv6-prefix-unassigned':
      return false;
    default:
      return change satisfies never;
  }
}

/** The pod for which a change is made; a controller's call may be for several. */
export function madeFor(actor: Actor | undefined, change: Ec2Change): Pod | undefined {
  return actor?.behalf.find(
    (pod) => !('privateIp' in change) || pod.privateIp === change.privateIp,
  );
}

/** True for an association with the private IP of a pod. */
export function isAtPod(association: StandingAssociation, pod: Pod): boolean {
  return (
    association.networkInterfaceId === pod.host.networkInterfaceId &&
    association.privateIp === pod.privateIp
  );
}
