import { doubtAboutCluster, isAlive } from '../doubt-about-pods.ts';
import type { LivePods } from '../liveness.ts';
import { hasItsLink, isHeir } from './heir.ts';
import type { IdentityClaim } from './claim.ts';

/**
 * Whether somebody may still hold what a claim is for. `let-go`: its pod said that it does not. `succeeded`: a listed pod of the same
 * name, or on the same private IP, has another UID, and the list does not have this one. `not-listed`: a complete list does not have it, which may be
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
  const heirs = claims.filter((one) => isHeir(one, claim) || hasItsLink(one, claim));
  return heirs.some((one) => isAlive(live, one.spec.identity.owner.uid))
    ? 'succeeded'
    : 'not-listed';
}
