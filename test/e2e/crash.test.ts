import { reapOrphans, type LivePods } from '@truetuple/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { boxIsMissing } from '../netns/box-is-missing.ts';
import { openIdentityWorld, ownInEc2, ownInKernel, type IdentityWorld } from './identity-world.ts';

/** A bound on the points of death; the tests find out how many there are. */
const maxSteps = 20;

const pods = Array.from({ length: 2 * maxSteps }, (_, index) => ({
  name: `pod-${index}`,
  eth0: `10.0.1.${101 + index}`,
  net1: [`10.0.2.${101 + index}`],
}));

let world: IdentityWorld;

/** Every pod of the box but the dead one lives; it holds no identity of the pool. */
function everybodyBut(dead: string): { livePods(): Promise<LivePods> } {
  const others = world.box.pods.filter(({ name }) => name !== dead);
  const live = others.map(({ name, net1 }) => ({
    uid: `uid-${name}`,
    privateIps: net1,
    mayClaim: false,
  }));
  return { livePods: async () => ({ complete: true, pods: live }) as unknown as LivePods };
}

async function reap(dead: string, dryRun: boolean): Promise<number> {
  const { pool, region, sdk } = world;
  const report = await reapOrphans(
    { pool, region, live: everybodyBut(dead), dryRun, graceMs: 0 },
    { ec2: sdk },
  );
  return report.planned.length;
}

/** Takes an identity and dies after so many steps; false when it held before that. */
async function dieTaking(pod: string, killAfterSteps: number): Promise<boolean> {
  const child = world.start(pod, { verb: 'ensure', killAfterSteps });
  const { signal, failure } = await child.settled;
  expect(failure).toBeUndefined();
  await child.kill();
  return signal === 'SIGKILL';
}

/** Takes an identity, then dies after so many steps of its release; false when it was through before. */
async function dieReleasing(pod: string, killAfterSteps: number): Promise<boolean> {
  const child = world.start(pod, { verb: 'both', killAfterSteps });
  const { signal, failure } = await child.settled;
  expect(failure).toBeUndefined();
  await child.kill();
  return signal === 'SIGKILL';
}

/** The next process of the same pod: takes over what is there, then gives all of it back. */
async function ensureAndRelease(pod: string): Promise<void> {
  const claimed = ownInEc2(world).filter((line) => line.startsWith('association'));
  const child = world.start(pod, { verb: 'both' });
  const { failure, identity } = await child.settled;
  expect(failure).toBeUndefined();
  // whatever the dead process had claimed is what the next one holds: never a second address
  expect([[], [`association ${identity?.publicIp}`]]).toContainEqual(claimed);
  await child.kill();
  expect(ownInEc2(world)).toEqual([]);
  expect(await ownInKernel(world, pod)).toEqual([]);
}

/** Dies after step 1, 2, 3 ... until a run ends before its death; returns how many deaths there were. */
async function dieAfterEachStep(
  die: (pod: string, step: number) => Promise<boolean>,
  podFor: (step: number) => string,
  cleanUp: (pod: string) => Promise<void>,
): Promise<number> {
  for (let step = 1; step <= maxSteps; step++) {
    const pod = podFor(step);
    const died = await die(pod, step);
    await cleanUp(pod);
    if (!died) return step - 1;
  }
  throw new Error(`more than ${maxSteps} steps`);
}

describe.skipIf(boxIsMissing)('SIGKILL after each step in turn', () => {
  beforeAll(async () => {
    world = await openIdentityWorld({ pods });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it('of ensure, then ensure of the same pod: converges, and its release leaves nothing', async () => {
    const deaths = await dieAfterEachStep(dieTaking, () => 'pod-0', ensureAndRelease);
    // fail-closed route, 2 rules, settings, 3 routes, address; private IP, claim, tag, route; publish
    expect(deaths).toBeGreaterThanOrEqual(8);
  });

  it('of ensure, then the pod is gone and the pool is reaped: nothing is left', async () => {
    const deaths = await dieAfterEachStep(
      dieTaking,
      (step) => `pod-${step}`,
      async (pod) => {
        const before = ownInEc2(world).length;
        const planned = await reap(pod, true);
        expect(ownInEc2(world)).toHaveLength(before);
        expect(planned > 0).toBe(before > 0);
        await reap(pod, false);
        expect(ownInEc2(world)).toEqual([]);
      },
    );
    expect(deaths).toBeGreaterThanOrEqual(12);
  });

  it('of release, then ensure of the same pod: converges, and its release leaves nothing', async () => {
    const deaths = await dieAfterEachStep(dieReleasing, () => 'pod-0', ensureAndRelease);
    expect(deaths).toBeGreaterThanOrEqual(6);
  });

  it('of release, then the pod is gone and the pool is reaped: nothing is left', async () => {
    const deaths = await dieAfterEachStep(
      dieReleasing,
      (step) => `pod-${maxSteps + step - 1}`,
      async (pod) => {
        await reap(pod, false);
        expect(ownInEc2(world)).toEqual([]);
      },
    );
    expect(deaths).toBeGreaterThanOrEqual(6);
  });
});
