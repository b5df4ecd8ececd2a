import { expect, it } from 'vitest';
import { MemoryClaimStore } from '../../testing/memory-claim-store.ts';
import type { ClaimStatus, IdentityClaim } from './claim.ts';
import { ClaimMoved, writeStatus } from './write-status.ts';

const waiting: ClaimStatus = { phase: { kind: 'waiting' }, trouble: null };
const trouble = { code: 'PoolEmpty', message: '', remedy: '', retry: 'later' } as const;
const troubled: ClaimStatus = { ...waiting, trouble };

/** A claim that waits, and the store that it is in. */
async function build(): Promise<{ claims: MemoryClaimStore; claim: IdentityClaim }> {
  const claims = new MemoryClaimStore(() => 0);
  const spec = { isReleased: false, refused: [] } as unknown as IdentityClaim['spec'];
  const made = await claims.create({ namespace: 'n', name: 'a', finalizers: [], spec });
  return { claims, claim: await claims.updateStatus({ ...made, status: waiting }) };
}

it('a status is written whatever the pod wrote meanwhile, which stays', async () => {
  const { claims, claim } = await build();
  await claims.update({ ...claim, spec: { ...claim.spec, isReleased: true } });
  const work = { claim };
  await writeStatus({ claims }, work, troubled);
  expect(work.claim).toMatchObject({ status: troubled, spec: { isReleased: true } });
  expect(await claims.get(claim)).toEqual(work.claim);
});

it('a status that another controller wrote meanwhile stays, and is not known as its own', async () => {
  const { claims, claim } = await build();
  const theirs = await claims.updateStatus({ ...claim, status: { ...troubled } });
  const work = { claim };
  const other: ClaimStatus = { ...waiting, trouble: { ...trouble, code: 'PoolExhausted' } };
  await expect(writeStatus({ claims }, work, other)).rejects.toThrow(ClaimMoved);
  expect(await claims.get(claim)).toEqual(theirs);
  expect(work.claim).toBe(claim);
});

it('a status that stands is not written again, one of a claim that is gone has moved', async () => {
  const { claims, claim } = await build();
  const work = { claim };
  await writeStatus({ claims }, work, { ...waiting });
  expect(work.claim).toBe(claim);
  await claims.delete(claim);
  await expect(writeStatus({ claims }, work, troubled)).rejects.toThrow(ClaimMoved);
});
