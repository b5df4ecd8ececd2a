import { CoreError } from '../../errors.ts';
import type { Ipv4Address } from '../../identity/address.ts';
import { poolTagKey } from '../../identity/owner.ts';
import type { GrantSpec } from '../identity-grant.ts';
import type { CloudPlan } from './plan-cloud.ts';
import { noneOfBorderGroup } from './wrong-border-group.ts';

/** Why a plan could not be made, and for whom. */
export interface RefusedPlan {
  readonly plan: Exclude<CloudPlan, { kind: 'steps' }>;
  readonly spec: GrantSpec;
  readonly privateIp: Ipv4Address;
  readonly networkInterfaceId: string;
}

/** The error for a plan that cannot be made. */
export function refusePlan(refused: RefusedPlan): CoreError {
  const { plan, spec, privateIp, networkInterfaceId } = refused;
  const pool = `${poolTagKey}=${spec.pool}`;
  switch (plan.kind) {
    case 'network-interface-gone':
      return new CoreError({
        code: 'NetworkInterfaceNotFound',
        message: `${networkInterfaceId} went away while ${privateIp} on it was to get a public address`,
        remedy: 'The node lost its media ENI: attach it again, or move the pod.',
        retry: 'later',
      });
    case 'foreign-address':
      return new CoreError({
        code: 'PrivateIpHeldElsewhere',
        message: `${privateIp} on ${networkInterfaceId} already carries ${plan.publicIp}, which is not tagged ${pool}`,
        remedy: `Disassociate ${plan.publicIp} if nothing uses it, or give the pod another private IP: an address that is not of the pool is never touched.`,
        retry: 'never',
      });
    case 'pool-empty':
      return new CoreError({
        code: 'PoolEmpty',
        message: `Region ${spec.region} has no Elastic IP tagged ${pool}`,
        remedy: `Tag Elastic IPs with ${pool}, or correct the pool or the region of the identity spec.`,
        retry: 'later',
      });
    case 'pool-exhausted':
      return new CoreError({
        code: 'PoolExhausted',
        message: `None of the ${plan.addresses} Elastic IPs tagged ${pool} in ${spec.region} is free for ${privateIp}; ${plan.excluded} of them looked free and could not be had${plan.elsewhere === 0 ? '' : `, ${plan.elsewhere} are of another network border group than ${networkInterfaceId}`}`,
        remedy: `Add Elastic IPs with the tag ${pool}, run fewer pods, or let the reaper give back what dead pods left.`,
        retry: 'later',
      });
    case 'other-border-group':
      return noneOfBorderGroup(plan, spec);
    case 'address-unavailable':
      return new CoreError({
        code: 'AddressUnavailable',
        message: `${plan.address}, the only address that ${privateIp} may have, cannot be had from pool ${pool}: ${plan.why}`,
        remedy:
          'Free it, tag it for the pool, or correct address in the identity spec; without it any address of the pool will do.',
        retry: 'later',
      });
    case 'claim-lost':
      return new CoreError({
        code: 'NotConverged',
        message: `${plan.allocationId} was taken off ${privateIp} on ${networkInterfaceId} right after it was claimed`,
        remedy: `Look in CloudTrail for who re-associates addresses tagged ${pool}: with several pods on one ENI use one controller.`,
        retry: 'later',
      });
    case 'foreign-route':
      return new CoreError({
        code: 'RouteHeldElsewhere',
        message: `${plan.routeTableId} has a route to ${plan.destination} that leads to no network interface`,
        remedy: `Remove that route from ${plan.routeTableId}, or take the address out of the pool: truetuple replaces only routes to network interfaces.`,
        retry: 'never',
      });
    default:
      return plan satisfies never;
  }
}
