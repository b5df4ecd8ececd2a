import type { Cidr, Ipv4Address } from '@truetuple/core';
import { fakePod } from '@truetuple/core/testing';
import { expect, it } from 'vitest';
import { drift, kernelDrifts } from './drift.ts';
import { Random } from './random.ts';
import { Scheduler } from './scheduler.ts';
import type { Pod } from './world.ts';

const privateIp = '10.0.2.128' as Ipv4Address;
const ours = {
  from: `${privateIp}/32` as Cidr,
  table: 200,
  priority: 100,
  protocol: 227,
  hasMore: false,
} as const;
const byNet1 = {
  table: 200,
  type: 'unicast',
  destination: '0.0.0.0/0' as Cidr,
  linkIndex: 3,
  scope: 'link',
  metric: 0,
  onlink: false,
  protocol: 227,
} as const;

/** What is wrong when net1, of a pod without a fail-closed route, flaps; `upAgain` is called while the judge waits. */
async function flap(upAgain: (pod: Pod) => void): Promise<readonly string[]> {
  const [flaps] = kernelDrifts;
  if (flaps?.what !== 'net1 flaps') throw new Error('no flap');
  const scheduler = new Scheduler();
  const violations: string[] = [];
  const violate = (what: string): number => violations.push(what);
  const world = { scheduler, random: new Random(1), note: () => {}, violate };
  const published = { publicIp: '203.0.113.7' };
  const named = { name: 'a', uid: 'uid-1', privateIp, published };
  const pod = { ...named, kernel: fakePod(), hasNamespace: true, isOpened: false } as never as Pod;
  pod.kernel.addRule(ours);
  await drift(world as never, pod, flaps, {} as never);
  await scheduler.runUntil(200);
  upAgain(pod);
  await scheduler.runUntil(600);
  return violations;
}

it('nothing leaves from net1 by another link while net1 is down', async () => {
  expect(await flap(() => {})).toEqual(['a (uid-1) sends from 10.0.2.128 by eth0']);
});

it('net1 that an earlier flap has brought up again sends', async () => {
  expect(
    await flap(({ kernel }) => {
      kernel.setLinkUp('net1', true);
      kernel.addRoute(byNet1);
    }),
  ).toEqual([]);
});
