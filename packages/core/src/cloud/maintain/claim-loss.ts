import type { Grant, GrantState } from '../identity-grant.ts';
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
