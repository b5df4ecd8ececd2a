import { CoreError } from '../../errors.ts';
import { hostCidr, type Ipv4Address } from '../../identity/address.ts';
import type { Grant } from '../identity-grant.ts';
import type { Sighting } from './judge-claim.ts';

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
