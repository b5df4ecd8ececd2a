import type { HandoverReport, PublicIdentity } from '@truetuple/core';
import type { Ec2Change } from '@truetuple/core/testing';
import { requestAmong, type Truth } from '../truth.ts';
import type { Pod, World } from '../world.ts';

export type TagsChange = Extract<Ec2Change, { readonly kind: 'tags-changed' }>;

/** True for a change of the request that an address carries. */
export function changesRequest(truth: Truth, { resourceId, tags }: TagsChange): boolean {
  return truth.requestOn(resourceId) !== requestAmong(tags);
}

/** A standby may have an address: who gave it up for that advertises it no more. */
export function judgeHandover(
  world: World,
  truth: Truth,
  { outcome, publicIp, holder }: HandoverReport,
): void {
  if (outcome !== 'handed-over') return;
  for (const { name, uid, published, process } of world.standing) {
    if (uid !== holder?.uid || published?.publicIp !== publicIp) continue;
    // its file may be one that cannot be removed
    if ((process?.disturbedUntilMs ?? 0) > world.nowMs) continue;
    const { associationId } = published;
    // a hold of it that came since is another one; one that hands ended, and whose record they took off, looks given up
    if (!truth.wasAskedFor(associationId)) continue;
    if (truth.isEndedByHands(associationId)) continue;
    world.violate(`${name} (${uid}) gave up ${publicIp} and advertises it`);
  }
}

/** A pod gives up only the hold that it was asked for. */
export function judgeGivenUp(
  world: World,
  truth: Truth,
  { name, uid, process, privateIp }: Pod,
  { associationId, allocationId }: Pick<PublicIdentity, 'associationId' | 'allocationId'>,
): void {
  if (truth.wasAskedFor(associationId)) return;
  // what it claimed anew, and could not write to its file
  const claimed = process?.claims.get(allocationId);
  if (claimed !== undefined && truth.wasAskedFor(claimed)) return;
  // in managed mode its claim may have had one since that it had not published
  if (world.managed && truth.wasAskedForSince(associationId, { allocationId, privateIp })) return;
  world.violate(`${name} (${uid}) gave up ${associationId}, for which nobody asked`);
}
