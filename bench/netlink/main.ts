// npm run bench:netlink [-- --runs N]: what rules and routes cost through each face of the package, beside
// a C program that awaits each ACK; all of it warm, in one namespace, the sides one after the other in each
// round. Exit 1 when a bound does not hold.
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import { parseBenchArguments } from '../identity/arguments.ts';
import { percentile, sum } from '../identity/percentile.ts';
import { formatMs, formatTable } from '../identity/table.ts';
import { faces } from './faces.ts';
import type { Values } from './faces.ts';
import { startPeer } from './peer-process.ts';

const { runs } = parseBenchArguments(process.argv.slice(2));
const warmUp = 5;
const count = 1000;
const listed = 10_000;
/** How many of the C program's requests a face has to carry out for each of its own. */
const bounds: Readonly<Record<string, number>> = {
  batch: 1.1,
  sync: 0.8,
  'async, in one turn': 0.75,
};
const listingBound = 1.8;

using netns = createNetworkNamespace();
await using netlink = await openNetlink({ netns });
await netlink.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
const linkIndex = (await netlink.links.get({ name: 'a' }))?.index ?? 0;
await using peer = startPeer(netns);
const low = (index: number): string => `${String(index >> 8)}.${String(index & 255)}/32`;
const indices = Array.from({ length: count }, (_, index) => index);
const common = { table: 200, protocol: 188 };
const values: Values = {
  rules: indices.map((index) => ({
    ...common,
    priority: 1000 + index,
    from: `10.9.${low(index)}`,
  })),
  routes: indices.map((index) => ({ ...common, linkIndex, destination: `10.8.${low(index)}` })),
};

const times = new Map<string, number[][]>([['C, each ACK awaited', []]]);
for (const name of Object.keys(faces)) times.set(name, []);
for (let round = -warmUp; round < runs; round++) {
  for (const [name, rounds] of times) {
    const parts = faces[name]?.(netlink, values);
    const taken = parts === undefined ? await peer.round(linkIndex, count) : await timeAll(parts);
    if (round >= 0) rounds.push([...taken]);
  }
}
await peer.fill(linkIndex, listed);
const listings: { peer: number; async: number; sync: number }[] = [];
for (let round = -warmUp; round < runs; round++) {
  const filter = { table: 200, family: 'ipv4' } as const;
  const taken = {
    peer: await peer.list(),
    async: await time(() => netlink.routes.list(filter)),
    sync: await time(() => netlink.sync.routes.list(filter)),
  };
  if (round >= 0) listings.push(taken);
}

const failures: string[] = [];
report();
for (const failure of failures) console.log(failure);
if (failures.length > 0) process.exitCode = 1;

function report(): void {
  const base = times.get('C, each ACK awaited') ?? [];
  const rows = [...times].map(([name, rounds]) => {
    const parts = [0, 1, 2, 3].map((part) => median(rounds.map((round) => round[part] ?? 0)));
    const ratio = median(rounds.map((round, index) => sum(base[index] ?? []) / sum(round)));
    const bound = bounds[name];
    if (bound !== undefined && ratio < bound) {
      failures.push(`${name}: ${ratio.toFixed(2)} of the C program, not ${String(bound)}.`);
    }
    return [name, ...parts.map(formatMs), ratio.toFixed(2)];
  });
  const head = ['ms for 1,000', 'rule add', 'remove', 'route add', 'remove', 'x C'];
  console.log(formatTable(head, rows).join('\n'));
  const ratio = median(listings.map((one) => one.async / one.peer));
  if (ratio > listingBound) {
    failures.push(`A listing takes ${ratio.toFixed(2)} times the C program's count, not 1.8.`);
  }
  const listing = [
    ['C, counted only', formatMs(median(listings.map((one) => one.peer))), '1.00'],
    ['async', formatMs(median(listings.map((one) => one.async))), ratio.toFixed(2)],
    [
      'sync',
      formatMs(median(listings.map((one) => one.sync))),
      median(listings.map((one) => one.sync / one.peer)).toFixed(2),
    ],
  ];
  console.log(formatTable(['10,000 routes listed', 'ms', 'x C'], listing).join('\n'));
}

function median(of: readonly number[]): number {
  return percentile(of, 50);
}

async function timeAll(parts: readonly (() => void | Promise<void>)[]): Promise<number[]> {
  const taken: number[] = [];
  for (const part of parts) taken.push(await time(part));
  return taken;
}

async function time(what: () => unknown): Promise<number> {
  const start = performance.now();
  await what();
  return performance.now() - start;
}
