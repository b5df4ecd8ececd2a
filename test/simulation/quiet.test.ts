import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { startControllers } from './managed/controllers.ts';
import { endTrouble } from './quiet.ts';
import { Random } from './random.ts';
import { addHost, buildRegion } from './region.ts';
import { Scheduler } from './scheduler.ts';
import { controllerHost } from './simulation.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { World } from './world.ts';

it('describes of what was long ago end with the trouble', async () => {
  const random = new Random(1);
  const scheduler = new Scheduler();
  const setup = { poolSize: 1, claimScope: 'eni', lagMs: 0, recallMs: 0, seed: 1 } as const;
  const region = buildRegion(scheduler, random, setup);
  const world = new World({ scheduler, random, history: new History({ isKept: false }), region });
  const host = await addHost(region, true);
  world.hosts.push(host);
  new Cluster(world, new Invariants(world, 30_000), 30_000).create('a', host);
  const process = new SimulatedProcess('a', host, 'keep');
  for (const pod of world.pods) pod.process = process;
  process.seeAgain(0, 40);
  expect(process.seesAgainMs(1000)).toBe(1000);
  await endTrouble(world);
  expect(process.seesAgainMs(1000)).toBeUndefined();
  world.letGo();
});

/** How many controllers end in 160 s in which nothing strikes them. */
async function deaths(isTroubled: boolean): Promise<number> {
  let died = 0;
  for (let seed = 1; seed <= 30; seed++) {
    const random = new Random(seed);
    const scheduler = new Scheduler();
    const setup = { poolSize: 1, claimScope: 'eni', lagMs: 0, recallMs: 0, seed } as const;
    const region = buildRegion(scheduler, random, setup);
    const history = new History({ isKept: true });
    const world = new World({ scheduler, random, history, region });
    startControllers(world, controllerHost);
    if (!isTroubled) await endTrouble(world);
    await scheduler.runUntil(160_000);
    died += history.render().filter((line) => line.endsWith('is dead')).length;
    world.letGo();
  }
  return died;
}

it('no controller is replaced once the trouble is over: the next one would give dead pods their grace anew', async () => {
  expect(await deaths(true)).toBeGreaterThan(0);
  expect(await deaths(false)).toBe(0);
});
