import { expect, it } from 'vitest';
import { formatHandover, handoverTagKey } from '../../identity/handover.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import { judgeRequest } from './judge-request.ts';

const by = { cluster: 'c', namespace: 'n', pod: 'standby-0', uid: 'uid-standby' };
const value = formatHandover({ by, associationId: 'eipassoc-1', untilMs: 90_000 });

function asked(associationId: string | undefined, tag = value): ElasticIp {
  const tags = [{ key: handoverTagKey, value: tag }];
  const held = associationId === undefined ? {} : { associationId };
  return { allocationId: 'eipalloc-1', publicIp: '203.0.113.50', tags, ...held };
}

const alive: LivePods = { complete: true, pods: [{ uid: by.uid, privateIps: [] }] };
const dead: LivePods = { complete: true, pods: [] };
const unknown: LivePods = { complete: false, pods: [] };

it.each<[string, ElasticIp, LivePods, boolean]>([
  ['stands while who asks lives', asked('eipassoc-1'), alive, false],
  ['stands while nobody knows', asked('eipassoc-1'), unknown, false],
  ['goes when who asked is dead', asked('eipassoc-1'), dead, true],
  ['goes when the hold that it names has ended', asked('eipassoc-2'), alive, true],
  ['goes when the address is free', asked(undefined), alive, true],
  ['stays when it cannot be read', asked(undefined, 'what is this'), dead, false],
  ['is not there', { ...asked(undefined), tags: [] }, dead, false],
])('a request %s', (_what, address, live, goes) => {
  const verdict = judgeRequest(address, live);
  const steps = typeof verdict === 'object' && 'orphan' in verdict ? verdict.orphan.steps : [];
  const untag = { kind: 'untag-handover', allocationId: 'eipalloc-1', value };
  expect(steps).toEqual(goes ? [untag] : []);
});
