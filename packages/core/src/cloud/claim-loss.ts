import { hostCidr, type Ipv4Address } from '../identity/address.ts';
import { CoreError } from '../errors.ts';
import type { Grant, GrantState } from './identity-grant.ts';
import type { Sighting } from './judge-claim.ts';

/** Two looks show it. */
export function lostClaim(
  { publicIp, privateIp, networkInterfaceId }: Grant,
  sighting: Sighting & { readonly kind: 'elsewhere' | 'private-ip-taken' },
): GrantState {
  const { associationId } = sighting;
  const place = `${privateIp} on ${networkInterfaceId}`;
  return sighting.kind === 'elsewhere'
    ? {
        kind: 'lost',
        because: 'taken',
        message: `${publicIp} is not on ${place} any more: two describes show it in association ${associationId}`,
        associationId,
      }
    : {
        kind: 'lost',
        because: 'private-ip-taken',
        message: `${place} carries ${sighting.publicIp} instead of ${publicIp}, as two describes show`,
        associationId,
      };
}

/** EC2 refused to give it back; `why` is what it said. */
export function refusedClaim(
  { publicIp, allocationId, privateIp, networkInterfaceId }: Grant,
  why: string,
): GrantState {
  return {
    kind: 'lost',
    because: 'claim-refused',
    message: `${publicIp} (${allocationId}) was associated with nothing, and EC2 refused to give it back to ${privateIp} on ${networkInterfaceId}: ${why}`,
    associationId: undefined,
  };
}

/** What was seen proves nothing. */
export function doubtfulClaim({ publicIp, privateIp }: Grant, sighting: Sighting): CoreError {
  return new CoreError({
    code: 'ClaimInDoubt',
    message: `Describes do not show ${publicIp} on ${privateIp} (${JSON.stringify(sighting)}), which may be from before it was claimed`,
    remedy:
      'Nothing: it is looked at again. If it stays so, look in CloudTrail for who associates and disassociates addresses of the pool.',
    retry: 'later',
  });
}

export function foreignRoute(publicIp: Ipv4Address, routeTableId: string): CoreError {
  return new CoreError({
    code: 'RouteHeldElsewhere',
    message: `${routeTableId} has a route to ${hostCidr(publicIp)} that leads to no network interface`,
    remedy: `Remove that route from ${routeTableId}: truetuple replaces only routes to network interfaces. Until then VPC peers behind that table do not reach ${publicIp}.`,
    retry: 'later',
  });
}
