import { expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { formatHandover, handoverTagKey, parseHandover } from '../identity/handover.ts';
import { formatOwnerTag, ownerTagKey } from '../identity/owner.ts';
import type { ElasticIp } from './ec2/ec2-api.ts';
import type { LivePods } from './liveness.ts';
import { planHandover, type Handover, type HandoverPlan } from './plan-handover.ts';

const by = { cluster: 'c', namespace: 'n', pod: 'standby-0', uid: 'uid-standby' };
const holder = { cluster: 'c', namespace: 'n', pod: 'active-0', uid: 'uid-active' };
const asking: Handover = {
  by,
  privateIp: undefined,
  untilMs: 90_000,
  isOver: false,
  force: false,
  asked: undefined,
  dead: undefined,
};
const free: ElasticIp = { allocationId: 'eipalloc-1', publicIp: '203.0.113.50', tags: [] };

function heldBy(owner: typeof holder): ElasticIp {
  const value = formatOwnerTag({
    owner,
    privateIp: '10.0.2.11' as Ipv4Address,
    privateIpAssignedByUs: true,
    networkInterfaceId: 'eni-1',
  });
  return { ...free, associationId: 'eipassoc-1', tags: [{ key: ownerTagKey, value }] };
}
const held = heldBy(holder);
const alive: LivePods = {
  complete: true,
  pods: [holder, by].map(({ uid }) => ({ uid, privateIps: [] })),
};
const dead: LivePods = { complete: true, pods: [{ uid: by.uid, privateIps: [] }] };
const unknown: LivePods = { complete: false, pods: [] };
const over: Handover = { ...asking, isOver: true, asked: 'eipassoc-1' };
const gone: Handover = { ...asking, dead: holder.uid };
const waiting: Handover = { ...asking, asked: 'eipassoc-1' };
const ours: Handover = { ...asking, privateIp: '10.0.2.12' };
const request = formatHandover({ by, associationId: 'eipassoc-1', untilMs: 90_000 });
const givenUp: ElasticIp = { ...free, tags: [{ key: handoverTagKey, value: request }] };
const freed: ElasticIp = { ...free, tags: held.tags };
const unrecorded: ElasticIp = { ...held, privateIpAddress: '10.0.2.12', tags: [] };

function inWords(plan: HandoverPlan): string {
  if (plan.kind === 'take') return `take ${plan.because}`;
  return plan.kind === 'free' && plan.isGivenUp ? 'free, given up' : plan.kind;
}

it.each<[string, Handover, ElasticIp, LivePods, string]>([
  ['what nobody has is free', asking, free, unknown, 'free, given up'],
  ['what is ours stays ours, be it over', { ...over, force: true }, heldBy(by), dead, 'ours'],
  ['a live holder is asked', asking, held, alive, 'ask'],
  ['one of whom nothing is known is asked', asking, held, unknown, 'ask'],
  ['who was asked is waited for', { ...asking, asked: 'eipassoc-1' }, held, alive, 'wait'],
  ['another hold is asked for anew', { ...asking, asked: 'eipassoc-0' }, held, alive, 'ask'],
  [
    'one whom a list does not have may be younger than that, and is asked',
    asking,
    held,
    dead,
    'ask',
  ],
  ['and waited for', { ...asking, asked: 'eipassoc-1' }, held, dead, 'wait'],
  ['and keeps it, if it was not missing for long', over, held, dead, 'silent'],
  ['one that was missing for long is not asked', gone, held, dead, 'take holder-dead'],
  ['nor waited for', { ...gone, asked: 'eipassoc-1' }, held, dead, 'take holder-dead'],
  ['nor forced', { ...over, force: true, dead: holder.uid }, held, dead, 'take holder-dead'],
  ['what is free under the record of who was asked is waited for', waiting, freed, alive, 'wait'],
  ['until the time is over', { ...waiting, isOver: true }, freed, alive, 'free'],
  ['or he is dead', { ...waiting, dead: holder.uid }, freed, dead, 'free'],
  ['what is free without a record was given up', waiting, givenUp, alive, 'free, given up'],
  ['what does not show our request is from before it', waiting, free, alive, 'wait'],
  ['and free once the time is over', { ...waiting, isOver: true }, free, alive, 'free'],
  ['what nobody was asked for is free under any record', asking, freed, alive, 'free'],
  ['what has no record, and is on our private IP, is ours', ours, unrecorded, alive, 'ours'],
  ['and what a dead pod left there', ours, { ...unrecorded, tags: held.tags }, unknown, 'ours'],
  ['a silent one keeps it', over, held, alive, 'silent'],
  ['a silent one that may live keeps it', over, held, unknown, 'silent'],
  ['a list of another cluster proves nothing', over, held, { ...dead, cluster: 'd' }, 'silent'],
  ['a silent one is forced where it is said', { ...over, force: true }, held, alive, 'take forced'],
  ['force waits for the answer first', { ...asking, force: true }, held, alive, 'ask'],
  [
    'what has no record is taken from nobody',
    { ...over, force: true },
    unrecorded,
    dead,
    'unknown-holder',
  ],
])('%s', (_what, handover, address, live, expected) => {
  const plan = planHandover(handover, address, live);
  expect(inWords(plan)).toBe(expected);
  if (plan.kind === 'take') {
    const { publicIp } = address;
    expect(plan.step).toEqual({
      kind: 'disassociate-address',
      associationId: 'eipassoc-1',
      publicIp,
    });
  }
});

it('asks for the very hold that it saw, until a time', () => {
  const plan = planHandover(asking, held, alive);
  if (plan.kind !== 'ask') throw new Error(plan.kind);
  expect(parseHandover(plan.step.value)).toEqual({
    by,
    associationId: 'eipassoc-1',
    untilMs: 90_000,
  });
});

it.each(['', 'a/b/c/d', 'a/b/c/d/eipassoc-1/soon', 'a/b/c/d/eipassoc-1/90/more', '/b/c/d/e/90'])(
  'a tag with %s asks for nothing',
  (value) => expect(parseHandover(value)).toBeUndefined(),
);

it('fits into a tag with the longest names of Kubernetes', () => {
  const longest = {
    cluster: 'c'.repeat(40),
    namespace: 'n'.repeat(63),
    pod: 'p'.repeat(63),
    uid: 'u'.repeat(36),
  };
  const value = formatHandover({
    by: longest,
    associationId: `eipassoc-${'0'.repeat(17)}`,
    untilMs: 4e12,
  });
  expect(value.length).toBeLessThanOrEqual(256);
});
