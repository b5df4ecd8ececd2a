import { CoreError } from '../../errors.ts';
import type { ClaimSpec, IdentityClaim } from './claim.ts';
import type { ClaimStore } from './claim-store.ts';

/** How often one write is tried when others write the same claim. */
const conflictsBorne = 16;

/**
 * Changes a claim from whatever it is now; undefined once it is gone, or another object has its name.
 * @param change Undefined: nothing is to be changed.
 */
export async function changeClaim(
  from: IdentityClaim,
  change: (now: IdentityClaim) => IdentityClaim | undefined,
  write: (changed: IdentityClaim) => Promise<IdentityClaim>,
  read: () => Promise<IdentityClaim | undefined>,
): Promise<IdentityClaim | undefined> {
  let now: IdentityClaim | undefined = from;
  for (let tried = 1; now?.uid === from.uid; tried++) {
    const changed = change(now);
    if (changed === undefined) return now;
    try {
      return await write(changed);
    } catch (error) {
      const code = CoreError.is(error) ? error.code : undefined;
      if (code === 'ClaimNotFound') return undefined;
      if (code !== 'ClaimConflict' || tried === conflictsBorne) throw error;
    }
    now = await read();
  }
  return undefined;
}

/** Writes the pod's part. */
export function changeSpec(
  claims: ClaimStore,
  claim: IdentityClaim,
  more: Partial<ClaimSpec>,
): Promise<IdentityClaim | undefined> {
  return changeClaim(
    claim,
    (now) => ({ ...now, spec: { ...now.spec, ...more } }),
    (changed) => claims.update(changed),
    () => claims.get(claim),
  );
}

/**
 * Lets a claim go: the controller gives back what it holds. Safe to repeat.
 * @param takenUp Not one that has been taken up more often since: it is another process's.
 * @throws CoreError of the store; then it may have been let go, or not.
 */
export async function letClaimGo(
  claims: ClaimStore,
  claim: IdentityClaim,
  takenUp: number = Infinity,
): Promise<void> {
  const marked = await changeClaim(
    claim,
    ({ spec, ...now }) =>
      spec.isReleased || spec.takenUp > takenUp
        ? undefined
        : { ...now, spec: { ...spec, isReleased: true } },
    (changed) => claims.update(changed),
    () => claims.get(claim),
  );
  if (marked?.spec.isReleased === true) await claims.delete(marked);
}
