import { expect, it } from 'vitest';
import { claimStoreContract } from './claim-store-contract.ts';
import { MemoryClaimStore } from './memory-claim-store.ts';

it.each(claimStoreContract.map((one) => [one.title, one] as const))(
  'MemoryClaimStore %s',
  async (_title, { run }) => {
    await run(new MemoryClaimStore());
  },
);

it('a call that is not answered was carried out, or not, as it was told', async () => {
  const store = new MemoryClaimStore();
  store.inject({ call: 'list', outcome: 'unanswered' });
  await expect(store.list()).rejects.toMatchObject({ code: 'ClaimStoreUnreachable' });
  expect(await store.list()).toEqual([]);
});
