import assert from 'node:assert/strict';
import {
  claimFinalizer,
  claimKeyOf,
  type ClaimSpec,
  type IdentityClaim,
} from '../cloud/managed/claim.ts';
import type { ClaimStore, NewClaim } from '../cloud/managed/claim-store.ts';
import { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';

/** One thing that every ClaimStore must do; throws an AssertionError when it does not. */
export interface ClaimStoreCase {
  readonly title: string;
  /** The store must be empty of claims of namespace `contract`. */
  readonly run: (store: ClaimStore) => Promise<void>;
}

const spec: ClaimSpec = {
  identity: {
    owner: { cluster: 'test', namespace: 'contract', pod: 'gateway-0', uid: 'uid-1' },
    pool: 'media',
    region: 'eu-central-1',
    excludeAddresses: [],
    linkName: 'net1',
    networkInterface: { by: 'mac' },
    requireNoManageTag: false,
    routeTables: { by: 'ids', routeTableIds: ['rtb-0'] },
  },
  link: { macAddress: '02:00:00:00:02:0a', privateIp: '10.0.2.128' as Ipv4Address },
  standing: [],
  refused: [],
  readyFor: null,
  isReleased: false,
  takenUp: 0,
};

function newClaim(more: Partial<NewClaim> = {}): NewClaim {
  const key = claimKeyOf(spec.identity.owner, spec.link.privateIp);
  return { ...key, finalizers: [claimFinalizer], spec, ...more };
}

const waiting = { phase: { kind: 'waiting' }, trouble: null } as const;

/** What every ClaimStore must do, each case on a store of its own. */
export const claimStoreContract: readonly ClaimStoreCase[] = [
  {
    title:
      'creates a claim with a uid, a version and no status, and reads it back alone and in the list',
    run: async (store) => {
      const made = await store.create(newClaim());
      const { uid, resourceVersion, createdAtMs } = made;
      assert.ok(uid.length > 0 && resourceVersion.length > 0 && createdAtMs >= 0);
      assert.deepEqual(made, {
        ...newClaim(),
        uid,
        resourceVersion,
        createdAtMs,
        isDeleting: false,
        status: null,
      });
      assert.deepEqual(await store.get(made), made);
      assert.deepEqual(await listed(store), [made]);
    },
  },
  {
    title: 'says when a claim was made, whatever was written to it since',
    run: async (store) => {
      const { createdAtMs } = await store.create(newClaim());
      const later = await store.create(newClaim({ name: 'later' }));
      assert.ok(later.createdAtMs >= createdAtMs);
      const written = await store.updateStatus({ ...later, status: waiting });
      assert.equal((await store.update(written)).createdAtMs, later.createdAtMs);
    },
  },
  {
    title: 'knows nothing of a claim that was not created',
    run: async (store) => {
      assert.equal(await store.get(newClaim()), undefined);
      assert.deepEqual(await listed(store), []);
      await rejectsWith('ClaimNotFound', store.update(objectOf('1', '1')));
      await store.delete({ ...newClaim(), uid: '1' });
    },
  },
  {
    title: 'refuses a second claim of one name, also while the first is being deleted',
    run: async (store) => {
      const first = await store.create(newClaim());
      await rejectsWith('ClaimExists', store.create(newClaim()));
      await store.delete(first);
      await rejectsWith('ClaimExists', store.create(newClaim()));
    },
  },
  {
    title: 'writes spec and status apart, each time with a new version',
    run: async (store) => {
      const made = await store.create(newClaim());
      const other = { ...made, spec: { ...spec, readyFor: 'eipassoc-1' }, status: waiting };
      const updated = await store.update(other);
      assert.deepEqual(updated.spec, other.spec);
      assert.equal(updated.status, null);
      const withStatus = await store.updateStatus({ ...updated, spec, status: waiting });
      assert.deepEqual(withStatus.spec, other.spec);
      assert.deepEqual(withStatus.status, waiting);
      const versions = [made, updated, withStatus].map(({ resourceVersion }) => resourceVersion);
      assert.equal(new Set(versions).size, 3);
      assert.deepEqual(await store.get(made), withStatus);
    },
  },
  {
    title: 'refuses a write by who has not read the latest one, be it of the other part',
    run: async (store) => {
      const made = await store.create(newClaim());
      await store.updateStatus({ ...made, status: waiting });
      await rejectsWith('ClaimConflict', store.update(made));
      await rejectsWith('ClaimConflict', store.updateStatus(made));
    },
  },
  {
    title: 'of two who write at once, one is refused',
    run: async (store) => {
      const made = await store.create(newClaim());
      const write = (readyFor: string): Promise<IdentityClaim> =>
        store.update({ ...made, spec: { ...spec, readyFor } });
      const outcomes = await Promise.allSettled([write('eipassoc-1'), write('eipassoc-2')]);
      assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 1);
    },
  },
  {
    title: 'keeps a deleted claim until its last finalizer is taken off; then the name is free',
    run: async (store) => {
      const made = await store.create(newClaim());
      await store.delete(made);
      const deleting = await store.get(made);
      assert.equal(deleting?.isDeleting, true);
      assert.notEqual(deleting.resourceVersion, made.resourceVersion);
      const written = await store.updateStatus({ ...deleting, status: waiting });
      await store.delete(written);
      await store.update({ ...written, finalizers: [] });
      assert.equal(await store.get(made), undefined);
      const again = await store.create(newClaim());
      assert.notEqual(again.uid, made.uid);
    },
  },
  {
    title: 'deletes a claim without finalizers at once, and never another one of the same name',
    run: async (store) => {
      const made = await store.create(newClaim({ finalizers: [] }));
      await store.delete(made);
      assert.equal(await store.get(made), undefined);
      const again = await store.create(newClaim());
      await store.delete(made);
      await rejectsWith('ClaimNotFound', store.updateStatus(made));
      assert.deepEqual(await store.get(made), again);
    },
  },
  {
    title: 'tells of every change, to who watches all, or that claim, until it is closed',
    run: async (store) => {
      const made = await store.create(newClaim());
      const calls = { all: counter(), one: counter(), other: counter() };
      const elsewhere = { ...made, name: 'another' };
      const watches = [
        store.watch(calls.all.count),
        store.watch(calls.one.count, made),
        store.watch(calls.other.count, elsewhere),
      ];
      const written = await store.updateStatus({ ...made, status: waiting });
      await Promise.all([calls.all.counted(), calls.one.counted()]);
      await store.delete(written);
      await Promise.all([calls.all.counted(), calls.one.counted()]);
      await store.create({ ...newClaim(), name: 'another' });
      await Promise.all([calls.all.counted(), calls.other.counted()]);
      for (const watch of watches) watch.close();
    },
  },
  {
    title: 'shares no value with its callers',
    run: async (store) => {
      const made = await store.create(newClaim());
      const refused = made.spec.refused as string[];
      // a store may also give what cannot be changed
      if (!Object.isFrozen(refused)) refused.push('eipalloc-1');
      assert.deepEqual((await store.get(made))?.spec.refused, []);
      const mine = structuredClone(newClaim());
      const other = await store.create({ ...mine, name: 'another' });
      (mine.spec.refused as string[]).push('eipalloc-2');
      assert.deepEqual((await store.get(other))?.spec.refused, []);
    },
  },
];

async function listed(store: ClaimStore): Promise<readonly IdentityClaim[]> {
  return (await store.list()).filter(({ namespace }) => namespace === 'contract');
}

function objectOf(uid: string, resourceVersion: string): IdentityClaim {
  return { ...newClaim(), uid, resourceVersion, createdAtMs: 0, isDeleting: false, status: null };
}

async function rejectsWith(code: string, call: Promise<unknown>): Promise<void> {
  await assert.rejects(call, (error) => CoreError.is(error) && error.code === code);
}

/** Resolves `counted` for each burst of calls since it was asked last. */
function counter(): { readonly count: () => void; readonly counted: () => Promise<void> } {
  let called = Promise.withResolvers<void>();
  return {
    count: () => called.resolve(),
    counted: async () => {
      await called.promise;
      called = Promise.withResolvers();
    },
  };
}
