import { CoreError } from '../../errors.ts';
import { poolTagKey } from '../../identity/owner.ts';
import type { Ec2CallError } from '../ec2/ec2-call-error.ts';
import type { GrantSpec } from '../identity-grant.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep, translateEc2Error } from '../steps/translate-ec2-error.ts';
import { borderGroupOf } from './network-border-group.ts';
import type { CloudPlan } from './plan-cloud.ts';

/** The error for addresses none of which EC2 would associate there; nothing was asked of EC2. */
export function noneOfBorderGroup(
  { addresses, eni, only }: CloudPlan & { readonly kind: 'other-border-group' },
  { pool, region }: GrantSpec,
): CoreError {
  const { networkInterfaceId, availabilityZone } = eni;
  const group = borderGroupOf(availabilityZone);
  const groups = [...new Set(addresses.map((one) => one.networkBorderGroup))];
  const tag = `${poolTagKey}=${pool}`;
  const what = only ?? `Each of the ${addresses.length} Elastic IPs tagged ${tag} in ${region}`;
  return new CoreError({
    code: 'WrongNetworkBorderGroup',
    message: `${what} is of network border group ${groups.join(' or ')}, ${networkInterfaceId} in ${availabilityZone} of ${group}: EC2 does not associate the one with the other`,
    remedy: `Tag Elastic IPs of network border group ${group} with ${tag}; where there are none: aws ec2 allocate-address --network-border-group ${group}. No address moves from one group to another.`,
    retry: 'never',
  });
}

/**
 * The error for a claim that EC2 refused because of network border groups, although the names of group and zone did not speak against it: no
 * other candidate is tried.
 */
export function wrongBorderGroup(step: CloudStep, refused: Ec2CallError): CoreError {
  const { message } = translateEc2Error(refused, nameStep(step));
  return new CoreError({
    code: 'WrongNetworkBorderGroup',
    message,
    remedy: `Compare NetworkBorderGroup of the address (aws ec2 describe-addresses) with that of the interface's zone (aws ec2 describe-availability-zones --all-availability-zones), and tag addresses of the zone's group for the pool.`,
    retry: 'never',
    cause: refused,
  });
}
