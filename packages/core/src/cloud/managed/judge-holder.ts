import { doubtAboutCluster, isAlive } from '../doubt-about-pods.ts';
import type { LivePod, LivePods } from '../liveness.ts';
import { hasItsPrivateIp, isHeir } from './heir.ts';
import type { IdentityClaim } from './claim.ts';

/**
 * Whether somebody may still hold what a claim is for. `let-go`: its pod said that it does not. `succeeded`: a pod of the same name, or on
 * the same private IP, that was created later is listed, and this one is not. `not-listed`: a complete list does not have it, which may be
 * because it is too new for the list. `may-live`: anything else.
 */
export type HolderVerdict = 'let-go' | 'succeeded' | 'not-listed' | 'may-live';

/** Pure: judges with a list of live pods that was read after the claims. */
export function judgeHolder(
  claim: IdentityClaim,
  claims: readonly IdentityClaim[],
  live: LivePods,
): HolderVerdict {
  if (claim.spec.isReleased) return 'let-go';
  const { owner } = claim.spec.identity;
  const isDoubtful = !live.complete || doubtAboutCluster(live, owner) !== undefined;
  if (isDoubtful || isAlive(live, owner.uid)) return 'may-live';
  const heirs = claims.filter((one) => isHeir(one, claim) || hasItsPrivateIp(one, claim));
  const listed = live.pods.filter(({ uid }) =>
    heirs.some((one) => one.spec.identity.owner.uid === uid),
  );
  return listed.some((pod) => isCreatedAfter(pod, claim)) ? 'succeeded' : 'not-listed';
}

/**
 * A list that is behind has the earlier of two pods still, and the later one not yet. One that has a pod which was created after the
 * claim was made, and so after the claim's own pod, would have that one too if it were alive.
 */
export function isCreatedAfter({ createdAtMs }: LivePod, claim: IdentityClaim): boolean {
  return createdAtMs !== undefined && createdAtMs > claim.createdAtMs;
}
