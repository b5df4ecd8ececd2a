import type { ElasticIp } from './cloud/ec2/ec2-api.ts';
import type { HandoverPlan } from './cloud/plan-handover.ts';
import { borderGroupOf, isOfOtherBorderGroup } from './cloud/plan/network-border-group.ts';
import { CoreError } from './errors.ts';
import { formatHandover } from './identity/handover.ts';
import { refuseOwner } from './identity/identity-spec.ts';
import { tagValueLimit } from './identity/owner.ts';
import { requirePoolName } from './identity/pool-name.ts';
import { isLeast, requireOptions } from './identity/require-options.ts';
import { anything, isTime, type OptionRules } from './identity/wrong-options.ts';
import type { HandoverRequest } from './request-handover.ts';

const options: OptionRules<HandoverRequest> = {
  pool: anything,
  address: anything,
  by: anything,
  privateIp: anything,
  availabilityZone: anything,
  timeoutMs: isTime,
  graceMs: isLeast,
  livePodsTimeoutMs: isTime,
  force: anything,
};

/** @throws CoreError SpecInvalid for names that a pool, an owner, or the request's tag, cannot have, and for options that are misspelt or wrong. */
export function requireTellable(request: HandoverRequest): void {
  requirePoolName(request);
  requireOptions(request, options, 'a handover');
  const { by } = request;
  const faults = refuseOwner(by);
  if (faults.length > 0) throw untellable(by, faults.join('; '));
  const longest = { by, associationId: 'eipassoc-00000000000000000', untilMs: 999_999_999_999_000 };
  const { length } = formatHandover(longest);
  if (length <= tagValueLimit) return;
  throw untellable(
    by,
    `the request's tag would have ${length} characters, EC2 allows ${tagValueLimit}`,
  );
}

function untellable(by: unknown, why: string): CoreError {
  return new CoreError({
    code: 'SpecInvalid',
    message: `Asking for an address for ${JSON.stringify(by)}: ${why}`,
    remedy: 'Give the cluster, namespace, name and UID of the pod as in its identity spec.',
    retry: 'never',
  });
}

/** @throws CoreError WrongNetworkBorderGroup for an address that EC2 would not associate in the zone, where that is known. */
export function requireOfZone(address: ElasticIp, availabilityZone: string | undefined): void {
  if (availabilityZone === undefined) return;
  if (!isOfOtherBorderGroup(address, { availabilityZone })) return;
  const { publicIp, networkBorderGroup } = address;
  const group = borderGroupOf(availabilityZone);
  throw new CoreError({
    code: 'WrongNetworkBorderGroup',
    message: `Asking for ${publicIp}: it is of network border group ${networkBorderGroup}, ${availabilityZone} of ${group}, and EC2 does not associate the one with the other`,
    remedy: `Ask for an Elastic IP of network border group ${group}. No address moves from one group to another.`,
    retry: 'never',
  });
}

/** Nothing says whose it is. */
export function holderUnknown({ address, pool }: HandoverRequest): CoreError {
  return new CoreError({
    code: 'HolderUnknown',
    message: `Asking for ${address} of pool ${pool}: it is associated, and no owner record says whose it is`,
    remedy: `See in the console what it is associated with. What truetuple has not claimed it takes from nobody.`,
    retry: 'never',
  });
}

/** It may live, and has not let go. */
export function holderSilent(
  { address }: HandoverRequest,
  { holder, doubt }: HandoverPlan & { readonly kind: 'silent' },
  timeoutMs: number,
): CoreError {
  const { namespace, pod, uid } = holder;
  return new CoreError({
    code: 'HolderSilent',
    message: `Asking for ${address}: ${namespace}/${pod} (${uid}) has not let it go in ${timeoutMs} ms, and is not proven dead: ${doubt}`,
    remedy: `See whether that pod keeps its identity and reaches EC2, and whether its clock is right; delete it, or release there. force: 'risk-two-holders' takes the address all the same: until the old pod notices, two advertise it.`,
    retry: 'later',
  });
}
