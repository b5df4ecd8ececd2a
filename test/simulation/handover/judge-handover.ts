import type { HandoverReport, PublicIdentity } from '@truetuple/core';
import type { Ec2Change } from '@truetuple/core/testing';
import { slackMs } from '../knowable.ts';
import { startMs } from '../simulated-process.ts';
import { requestAmong, type Truth } from '../truth.ts';
import type { Actor, Pod, World } from '../world.ts';

export type TagsChange = Extract<Ec2Change, { readonly kind: 'tags-changed' }>;

/** True for a change of the request that an address carries. */
export function changesRequest(truth: Truth, { resourceId, tags }: TagsChange): boolean {
  return truth.requestOn(resourceId) !== requestAmong(tags);
}

/** What was let go for a standby waits for that one as long as the request is good: nobody who could know of it claims it. */
export function judgeReserved(
  world: World,
  truth: Truth,
  { process, behalf, step, sentMs, knowsAsOf }: Actor,
  change: Ec2Change,
): void {
  if (change.kind !== 'address-associated') return;
  const { allocationId, publicIp } = change;
  const asked = truth.requestOn(allocationId)?.split('/');
  if (asked === undefined || truth.recordOn(allocationId) !== undefined) return;
  const [, , standby = '', asker = '', associationId = '', until = ''] = asked;
  if (truth.endOf(associationId) === undefined || truth.isEndedByHands(associationId)) return;
  // whoever advertises it still may put it back: it was taken from him
  if (behalf.some(({ uid, published }) => uid === asker || published?.publicIp === publicIp))
    return;
  const clockMs = startMs + sentMs + (process?.host.clockOffsetMs ?? 0);
  if (Number(until) * 1000 <= clockMs) return;
  const knownMs = Math.min(sentMs, knowsAsOf.get('DescribeAddresses') ?? sentMs) - slackMs;
  if (truth.requestedMs(allocationId) >= knownMs) return;
  world.violate(
    `${process?.name} took ${publicIp}, which waits for ${standby} (${asker}): ${step}`,
  );
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
    const { associationId, allocationId } = published;
    // a hold of it that came since is another one; one that hands ended, and whose record they took off, looks given up
    if (!truth.wasAskedFor(associationId)) continue;
    const isRecorded = truth.recordOn(allocationId)?.includes(`/${uid}/`) === true;
    if (truth.isEndedByHands(associationId) && !isRecorded) continue;
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
