import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cidr } from '@truetuple/core';
import { net1Table } from '../identity/clean-pod.ts';
import type { ReadyWorld } from '../identity/ready-world.ts';
import { endSidecar, startSidecar, until, type Program, type Start } from './start-sidecar.ts';
import { byDefault, type Way } from './way.ts';

/** What a process read of its program. */
export interface LoadedFiles {
  readonly bytes: number;
  readonly files: number;
}

const noteLoaded = fileURLToPath(new URL('note-loaded.ts', import.meta.url));

/** Which files of its program a whole life of the sidecar takes: Node's loader says it. */
export async function measureLoadedFiles(
  world: ReadyWorld,
  program: Program,
  directory: string,
): Promise<LoadedFiles> {
  const list = join(directory, 'loaded.json');
  await liveOnce(world, program, {
    way: byDefault,
    keepIntervalMs: 200,
    options: ['--import', noteLoaded],
    more: [list],
  });
  const urls = JSON.parse(await readFile(list, 'utf8')) as readonly string[];
  const files = urls.filter((url) => url.startsWith('file:')).map((url) => fileURLToPath(url));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0), files: files.length };
}

/** What an image would be built with: compiled code, left there by a life of the sidecar. */
export async function fillCompileCache(
  world: ReadyWorld,
  program: Program,
  way: Way,
): Promise<void> {
  await liveOnce(world, program, { way, keepIntervalMs: 200 });
}

/**
 * A whole life in the pod: it ensures, keeps, puts back a VPC route and a route of the link that others took away, and releases.
 */
async function liveOnce(world: ReadyWorld, program: Program, start: Start): Promise<void> {
  const { calls } = world;
  calls.clear();
  const sidecar = startSidecar(world, program, start);
  await until(sidecar, () => calls.count('CreateRoute') > 0);
  const looks = calls.count('DescribeAddresses');
  await until(sidecar, () => calls.count('DescribeAddresses') > looks);
  await loseVpcRoutes(world);
  await until(sidecar, () => calls.count('CreateRoute') > 1);
  const before = await tableOf(world);
  await loseDefaultRoute(world);
  await until(sidecar, async () => (await tableOf(world)) === before);
  await endSidecar(sidecar, world);
}

async function loseVpcRoutes(world: ReadyWorld): Promise<void> {
  const { ec2, setting } = world;
  const { routeTables } = setting.spec;
  const ids = routeTables.by === 'ids' ? routeTables.routeTableIds : [];
  for (const routeTableId of ids) {
    for (const publicIp of world.associated()) {
      await ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${publicIp}/32` as Cidr });
    }
  }
}

async function loseDefaultRoute({ pod }: ReadyWorld): Promise<void> {
  const routes = await pod.netlink.routes.list({ table: net1Table, family: 'ipv4' });
  const ours = routes.filter(({ gateway }) => gateway !== undefined);
  if (ours.length === 0) throw new Error('The table of net1 has no route by its gateway.');
  for (const route of ours) await pod.netlink.routes.remove(route);
}

/** All that is in the table of net1, as a text to compare. */
async function tableOf({ pod }: ReadyWorld): Promise<string> {
  const routes = await pod.netlink.routes.list({ table: net1Table, family: 'ipv4' });
  return JSON.stringify(routes.map((route) => JSON.stringify(route)).toSorted());
}
