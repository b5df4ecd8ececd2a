import { readdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createNetworkNamespace, NetlinkError, openNetlink } from '@truetuple/netlink';
import type { Netlink, NetworkNamespace, NewRoute, NewRule } from '@truetuple/netlink';

export interface OperationsRun {
  readonly operations: number;
  /** How many the kernel refused, as they were meant to be. */
  readonly refused: number;
  /** Memory after each tenth, in bytes: of the process, and of what V8 still needs. */
  readonly memory: readonly { readonly resident: number; readonly heap: number }[];
  readonly descriptorsBefore: number;
  readonly descriptorsAfter: number;
}

const each = 100;

/**
 * So many operations of every kind and through every face, in one process: rules and routes added, found,
 * refused, removed; sockets and namespaces opened and closed. Nothing is left in the kernel. `warmUp` go before them:
 * V8 makes its young generation larger once or twice in the first hundred thousands.
 */
export async function carryOutOperations(warmUp: number, count: number): Promise<OperationsRun> {
  await carryOutIn(warmUp);
  const descriptorsBefore = await descriptors();
  const run = await carryOutIn(count);
  return { ...run, descriptorsBefore, descriptorsAfter: await descriptors() };
}

async function carryOutIn(
  count: number,
): Promise<Pick<OperationsRun, 'operations' | 'refused' | 'memory'>> {
  using netns = createNetworkNamespace();
  await using netlink = await openNetlink({ netns });
  await netlink.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
  const linkIndex = (await netlink.links.get({ name: 'a' }))?.index ?? 0;
  const memory: OperationsRun['memory'][number][] = [];
  let [operations, refused] = [0, 0];
  for (let round = 0; operations < count; round++) {
    const rules = rulesOf(round);
    refused += await changeRules(netlink, rules);
    await changeRoutes(netlink, routesOf(round, linkIndex));
    operations += rules.length * 6 + each * 3;
    if (round % 10 === 0) operations += await openAndClose(netns, rules);
    if (operations >= (count / 10) * (memory.length + 1)) memory.push(await measureMemory());
  }
  const left = (await netlink.rules.list()).filter(({ table }) => table === 200);
  if (left.length > 0) throw new Error(`${String(left.length)} rules are left`);
  return { operations, refused, memory };
}

/** Six of each: added in one turn, added again and refused, removed in a batch; then the sync twin's three. */
async function changeRules(netlink: Netlink, rules: readonly NewRule[]): Promise<number> {
  await Promise.all(rules.map((rule) => netlink.rules.add(rule)));
  const again = await Promise.allSettled(rules.map((rule) => netlink.rules.add(rule)));
  const refused = again.filter(
    (one) => one.status === 'rejected' && NetlinkError.is(one.reason) && one.reason.isExists,
  );
  const removed = await netlink.batch((batch) => {
    for (const rule of rules) batch.rules.remove(rule);
  });
  for (const one of removed) if (one.kind === 'failed') throw one.error;
  for (const rule of rules) netlink.sync.rules.add(rule);
  for (const rule of rules) netlink.sync.rules.ensure(rule);
  for (const rule of rules) netlink.sync.rules.remove(rule);
  return refused.length;
}

/** Three of each: added in a batch, looked up, removed one after the other. */
async function changeRoutes(netlink: Netlink, routes: readonly NewRoute[]): Promise<void> {
  const added = await netlink.batch((batch) => {
    for (const route of routes) batch.routes.add(route);
  });
  for (const one of added) if (one.kind === 'failed') throw one.error;
  await Promise.all(
    routes.map(({ destination }) => netlink.routes.lookup({ to: destination.slice(0, -3) })),
  );
  for (const route of routes) await netlink.routes.remove(route);
}

/** A namespace, sockets, a watcher and listings, each counted. */
async function openAndClose(netns: NetworkNamespace, rules: readonly NewRule[]): Promise<number> {
  using other = createNetworkNamespace();
  await using here = await openNetlink({ netns });
  await using there = await openNetlink({ netns: other });
  const heard: string[] = [];
  const watch = here.watch(['rule'], ({ kind }) => void heard.push(kind));
  await Promise.all(rules.map((rule) => there.rules.add(rule)));
  const listed = there.sync.rules.list().filter(({ table }) => table === 200);
  if (listed.length !== rules.length) throw new Error(`${String(listed.length)} rules were listed`);
  await here.links.list();
  watch.close();
  return rules.length + 6;
}

function rulesOf(round: number): readonly NewRule[] {
  return Array.from({ length: each }, (_, index) => ({
    priority: 1000 + index,
    table: 200,
    from: `10.${String(round & 127)}.0.${String(index)}/32`,
  }));
}

function routesOf(round: number, linkIndex: number): readonly NewRoute[] {
  return Array.from({ length: each }, (_, index) => ({
    destination: `10.${String(round & 127)}.1.${String(index)}/32`,
    linkIndex,
  }));
}

/** How many are open, once the loop has closed what it was told to close. */
async function descriptors(): Promise<number> {
  await setImmediate();
  await setImmediate();
  return readdirSync('/proc/self/fd').length;
}

/** What stays when the garbage is gone: what ends with a turn of the loop, or by a finalizer, is gone with the second collection. */
async function measureMemory(): Promise<OperationsRun['memory'][number]> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let times = 0; times < 3; times++) {
    collect();
    await setImmediate();
  }
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return { resident: rss, heap: heapUsed + arrayBuffers };
}

/** What V8 needs in the second half of a run over what it needed in the first: the least of each. */
export function heapGrowth({ memory }: OperationsRun): number {
  const least = (samples: OperationsRun['memory']): number =>
    Math.min(...samples.map(({ heap }) => heap));
  const middle = memory.length / 2;
  return least(memory.slice(middle)) / least(memory.slice(0, middle));
}
