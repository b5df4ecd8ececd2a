import { expect, it } from 'vitest';
import { parseIpv4Address } from '../../identity/address.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import { MemoryClaimStore } from '../../testing/memory-claim-store.ts';
import type { LivePods } from '../liveness.ts';
import { claimKeyOf, type ClaimPhase, type IdentityClaim } from './claim.ts';
import { newWork, type ClaimWork } from './claim-work.ts';
import { needsLiveness, sortErrands } from './sort-errands.ts';

const clock = new ManualClock();
const ports = {
  ec2: new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock }),
  claims: new MemoryClaimStore(),
  live: { livePods: async () => ({ complete: true, pods: [] }) },
  clock,
  pool: 'media',
  onStep: undefined,
  onTrouble: undefined,
  signal: new AbortController().signal,
};

interface Setup {
  readonly pod: string;
  readonly uid: string;
  readonly host: number;
  /** Whose network interface its link is on; default 10. */
  readonly node?: number;
  readonly phase: 'waiting' | 'promised' | 'claimed' | 'granted';
  readonly isReleased?: boolean;
  readonly isDeleting?: boolean;
  readonly isBusy?: boolean;
  /** When the claim was made; default 0. */
  readonly createdAtMs?: number;
}

function workOf(setup: Setup): ClaimWork {
  const { pod, uid, host, isReleased = false, isDeleting = false, isBusy = false } = setup;
  const { createdAtMs = 0, node = 10 } = setup;
  const owner = { cluster: 'c', namespace: 'n', pod, uid };
  const privateIp = parseIpv4Address(`10.0.2.${host}`);
  const claim: IdentityClaim = {
    ...claimKeyOf(owner, privateIp),
    uid: `claim-${uid}`,
    resourceVersion: '1',
    createdAtMs,
    finalizers: [],
    isDeleting,
    spec: {
      identity: parseIdentitySpec({
        owner,
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [] },
      }),
      link: { macAddress: `02:00:00:00:02:${node}`, privateIp },
      standing: [],
      refused: [],
      readyFor: null,
      isReleased,
      takenUp: 0,
    },
    status: { phase: phaseOf(setup), trouble: null },
  };
  return Object.assign(newWork(ports, claim), { isBusy });
}

function phaseOf({ phase: kind, uid, host }: Setup): ClaimPhase {
  const promise = {
    allocationId: `eipalloc-${uid}`,
    publicIp: parseIpv4Address('203.0.113.1'),
    networkInterfaceId: 'eni-1',
    privateIpAssignedByUs: true,
    routeTableIds: [],
  };
  if (kind === 'waiting') return { kind };
  if (kind === 'promised') return { kind, promise };
  const owner = { cluster: 'c', namespace: 'n', pod: uid, uid };
  const privateIp = parseIpv4Address(`10.0.2.${host}`);
  const grant = { ...promise, associationId: `eipassoc-${uid}`, owner, privateIp };
  return { kind, grant, claimedAtMs: 0 };
}

function uidOf({ claim }: ClaimWork): string {
  return claim.spec.identity.owner.uid;
}

/** When the pods of a list were created: after the claims that are made at 0. */
const podsMadeMs = 1;

interface Listed {
  readonly listed?: readonly string[];
  readonly complete?: boolean;
  readonly nowMs?: number;
  readonly cluster?: string;
  /** Default: each list is later than the one before. */
  readonly version?: number | 'unsaid';
}

let lists = 100;

function sort(
  works: readonly ClaimWork[],
  { listed = [], complete = true, nowMs = 0, cluster = 'c', version = (lists += 1) }: Listed = {},
): Record<'lead' | 'finish' | 'taken', string[]> {
  const pods = listed.map((uid) => ({
    uid,
    privateIps: 'unknown' as const,
    createdAtMs: podsMadeMs,
  }));
  const said = version === 'unsaid' ? {} : { version };
  const live: LivePods = { complete, pods, cluster, ...said };
  const times = { nowMs, graceMs: 60_000, restMs: 0, isFull: false };
  const { lead, finish } = sortErrands({ works, live, ...times });
  return {
    lead: lead.map(uidOf),
    finish: finish.map(({ work }) => uidOf(work)),
    taken: finish.flatMap(({ work, isPlaceTaken }) => (isPlaceTaken ? [uidOf(work)] : [])),
  };
}

const dead = { pod: 'a', uid: 'dead', host: 10, phase: 'granted' } as const;

it('a pod that is not listed is missed for the grace before its claim ends, a deleted one that was listed for two seconds', () => {
  const [missed, deleted] = [
    workOf(dead),
    workOf({ ...dead, uid: 'deleted', host: 11, isDeleting: true }),
  ];
  const works = [missed, deleted];
  expect(sort(works, { listed: ['dead', 'deleted'] }).finish).toEqual([]);
  expect(sort(works).finish).toEqual([]);
  expect(sort(works, { nowMs: 2000 }).finish).toEqual(['deleted']);
  // listed again: it begins anew
  expect(sort(works, { nowMs: 59_000, listed: ['dead', 'deleted'] }).finish).toEqual([]);
  expect(sort(works, { nowMs: 61_000 }).finish).toEqual([]);
  expect(sort(works, { nowMs: 121_000, complete: false }).finish).toEqual([]);
  expect(sort(works, { nowMs: 121_000 }).finish).toEqual(['dead', 'deleted']);
});

it.each([
  ['a list from before the one that had it', 2, 1],
  ['one that does not say which is later', 2, 'unsaid'],
  ['one that does, after one that did not', 'unsaid', 3],
] as const)('a deleted claim’s pod is missed for the grace by %s', (_which, before, version) => {
  const works = [workOf({ ...dead, isDeleting: true })];
  sort(works, { listed: ['dead'], version: before });
  expect(sort(works, { version }).finish).toEqual([]);
  expect(sort(works, { version, nowMs: 59_000 }).finish).toEqual([]);
  expect(sort(works, { version, nowMs: 60_000 }).finish).toEqual(['dead']);
});

it('a list of another cluster says nothing of a pod', () => {
  const works = [workOf(dead)];
  const elsewhere = { cluster: 'other', listed: ['other'] };
  expect(sort(works, elsewhere).finish).toEqual([]);
  expect(sort(works, { ...elsewhere, nowMs: 600_000 }).finish).toEqual([]);
});

it('a deleted claim whose pod was never listed may be too new for the list, unless that has a later pod', () => {
  const works = [workOf({ ...dead, isDeleting: true })];
  expect(sort(works).finish).toEqual([]);
  expect(sort(works, { nowMs: 59_000 }).finish).toEqual([]);
  // any pod: it was created after the claim
  expect(sort(works, { nowMs: 59_000, listed: ['other'] }).finish).toEqual(['dead']);
  expect(sort(works, { nowMs: 60_000 }).finish).toEqual(['dead']);
});

it.each([
  ['of the same name', { pod: 'a', uid: 'next', host: 20, phase: 'waiting', createdAtMs: 2 }],
  ['with its private IP', { pod: 'b', uid: 'next', host: 10, phase: 'waiting', createdAtMs: 2 }],
  [
    'with its private IP on another node',
    { pod: 'b', uid: 'next', host: 10, node: 11, phase: 'waiting', createdAtMs: 2 },
  ],
] as const)(
  'a listed pod %s ends a dead one’s claim at once, and waits for that',
  (_which, next) => {
    const works = [workOf(dead), workOf(next)];
    expect(needsLiveness(works, false)).toBe(true);
    expect(sort(works, { listed: ['next'] })).toEqual({ lead: [], finish: ['dead'], taken: [] });
    const busy = [workOf({ ...dead, isBusy: true }), workOf(next)];
    expect(sort(busy, { listed: ['next'] })).toEqual({ lead: [], finish: [], taken: [] });
  },
);

it('whom nobody has listed yet ends nobody’s claim; he is served if no other claim has what stands on his link', () => {
  const next = { uid: 'next', phase: 'waiting', createdAtMs: 2 } as const;
  const ofTheName = [workOf(dead), workOf({ ...next, pod: 'a', host: 20 })];
  expect(sort(ofTheName)).toEqual({ lead: ['next'], finish: [], taken: [] });
  const onItsLink = [workOf(dead), workOf({ ...next, pod: 'b', host: 10 })];
  expect(sort(onItsLink)).toEqual({ lead: [], finish: [], taken: [] });
  // it may be the one with the address that lives, and the one that waits that is dead
  expect(needsLiveness(onItsLink, false)).toBe(true);
  expect(sort(onItsLink, { listed: ['dead'] })).toEqual({ lead: [], finish: [], taken: [] });
});

it('of two claims for one link that have no address one alone is led, as long as it is not known whose pod lives', () => {
  const link = { host: 10, phase: 'waiting' } as const;
  const earlier = { ...link, pod: 'a', uid: 'earlier' } as const;
  const later = { ...link, pod: 'b', uid: 'later', createdAtMs: 2 } as const;
  const works = [workOf(earlier), workOf(later)];
  expect(sort(works).lead).toEqual(['later']);
  expect(sort(works.toReversed()).lead).toEqual(['later']);
  expect(needsLiveness(works, false)).toBe(true);
  // made within one second, the resolution of Kubernetes
  expect(sort([workOf(earlier), workOf({ ...later, createdAtMs: 0 })]).lead).toEqual(['later']);
  // its promise may be under way, also where it is known by now that its pod is dead
  for (const isReleased of [false, true]) {
    const busy = workOf({ ...earlier, isBusy: true, isReleased });
    expect(sort([busy, workOf(later)]).lead).toEqual([]);
  }
  // nobody wants it any more
  expect(sort([workOf(earlier), workOf({ ...later, isReleased: true })]).lead).toEqual(['earlier']);
  expect(sort([workOf(earlier), workOf({ ...later, host: 11 })]).lead).toEqual([
    'earlier',
    'later',
  ]);
});

it('of two claims for one link that were both promised an address the one that has got further is led, else the later one', () => {
  const link = { host: 10, phase: 'promised' } as const;
  const later = workOf({ ...link, pod: 'b', uid: 'later', createdAtMs: 2 });
  const earlier = { ...link, pod: 'a', uid: 'earlier' } as const;
  expect(sort([workOf(earlier), later]).lead).toEqual(['later']);
  expect(sort([workOf({ ...earlier, phase: 'claimed' }), later]).lead).toEqual([]);
  expect(sort([workOf({ ...earlier, isReleased: true }), later]).lead).toEqual(['later']);
});

it.each([
  ['of the same name', { pod: 'a', host: 20 }],
  ['on the same link', { pod: 'b', host: 10 }],
])(
  'a list that is behind has the earlier pod %s still: the later one’s claim stays',
  (_which, of) => {
    for (const phase of ['waiting', 'granted'] as const) {
      const later = workOf({ ...of, uid: 'later', phase, createdAtMs: podsMadeMs + 1 });
      // the earlier one’s claim may yet be the later one: its process starts when it is evicted already
      for (const createdAtMs of [0, podsMadeMs + 2]) {
        const earlier = workOf({ ...dead, createdAtMs });
        expect(sort([earlier, later], { listed: ['dead'] }).finish).toEqual([]);
      }
    }
  },
);

it('a pod that was succeeded is missed too, when its claim is looked at and nobody else’s matters', () => {
  const work = workOf(dead);
  const works = [
    work,
    workOf({ pod: 'a', uid: 'next', host: 20, phase: 'granted', createdAtMs: 2 }),
  ];
  expect(sort(works, { listed: ['next'] }).finish).toEqual(['dead']);
  expect(needsLiveness(works, false)).toBe(true);
});

it('as long as a pod is missed it is asked who lives, whenever its claim is looked at', () => {
  const missed = workOf({ ...dead, phase: 'waiting' });
  expect(needsLiveness([missed], false)).toBe(false);
  sort([missed]);
  expect(needsLiveness([missed], false)).toBe(true);
  sort([missed], { listed: ['dead'] });
  expect(needsLiveness([missed], false)).toBe(false);
});

it('a private IP that another claim has by now stays, once that one is claimed', () => {
  const released = workOf({ ...dead, isReleased: true });
  const next = { pod: 'b', uid: 'next', host: 10 } as const;
  const finish = (phase: Setup['phase']): unknown => {
    const { finish: ended, taken } = sort([released, workOf({ ...next, phase })], {
      listed: ['next'],
    });
    return { ended, taken };
  };
  expect(finish('promised')).toEqual({ ended: [], taken: [] });
  expect(finish('claimed')).toEqual({ ended: ['dead'], taken: ['dead'] });
  expect(finish('waiting')).toEqual({ ended: ['dead'], taken: [] });
});

it('two claims that had one private IP end one after the other', () => {
  const released = { ...dead, isReleased: true };
  const works = [workOf({ ...released, uid: 'first', isBusy: true }), workOf(released)];
  expect(sort(works).finish).toEqual([]);
});
