import { expect, it } from 'vitest';
import { Cluster } from './cluster.ts';
import { History } from './history.ts';
import { Invariants } from './invariants.ts';
import { emptyByMs, endTrouble } from './quiet.ts';
import { Random } from './random.ts';
import { addHost, buildRegion } from './region.ts';
import { Scheduler } from './scheduler.ts';
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

it.each([
  ['of the pods, in direct mode', undefined, 310_000],
  ['of the pods, where the controller has reigned since before', 40_000, 310_000],
  ['of a controller that took over since: a grace begins anew', 185_000, 395_000],
  ['of nobody for ever, where no controller has the lease', Infinity, 610_000],
])('the region is empty within a bound that counts from the end %s', (_, reignsSinceMs, byMs) => {
  expect(emptyByMs(100_000, reignsSinceMs)).toBe(byMs);
});
