import { expect, it } from 'vitest';
import { CoreError } from '../../errors.ts';
import type { IdentityClaim } from './claim.ts';
import { changeClaim } from './claim-writes.ts';

const claim = { namespace: 'n', name: 'a', uid: '1', resourceVersion: '1' } as IdentityClaim;
const conflict = new CoreError({
  code: 'ClaimConflict',
  message: '',
  remedy: '',
  retry: 'now',
});

/** Changes a claim that so many others write first; answers how often it was tried. */
async function changeAgainst(conflicts: number): Promise<number> {
  let tried = 0;
  const write = async (changed: IdentityClaim): Promise<IdentityClaim> => {
    tried += 1;
    if (tried <= conflicts) throw conflict;
    return changed;
  };
  await changeClaim(
    claim,
    (now) => ({ ...now, isDeleting: true }),
    write,
    async () => claim,
  );
  return tried;
}

it('a write is tried again for as long as others were quicker, and not for ever', async () => {
  expect(await changeAgainst(0)).toBe(1);
  expect(await changeAgainst(15)).toBe(16);
  await expect(changeAgainst(16)).rejects.toBe(conflict);
});

it('what another object of the same name says by now is nobody’s to change', async () => {
  const other = { ...claim, uid: '2' };
  const change = changeClaim(
    claim,
    (now) => now,
    () => Promise.reject(conflict),
    async () => other,
  );
  expect(await change).toBeUndefined();
});
