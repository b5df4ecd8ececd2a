/**
 * `npm run bench:netlink`: rules and routes through each face of the package and a listing, beside a C program that
 * awaits each ACK, ip(8), npm's netlink, node-netlink and pyroute2; warm, and the first use in a fresh process.
 * The peers are installed into a temporary folder. Exit codes and options: arguments.ts.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import { startProgram } from '../../tools/command-line.ts';
import { describeMachine } from '../identity/machine.ts';
import { parseArguments, usage, type BenchOptions } from './arguments.ts';
import { judge } from './bounds.ts';
import type { Figures } from './bounds.ts';
import { fillTable, measureFresh, measureWarm } from './measure.ts';
import { printFigures, printVerdicts } from './print.ts';
import { prepareSides } from './sides.ts';
import type { Sides } from './sides.ts';

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'bench:netlink', usage }, asked, runInFolder);

async function runInFolder(options: BenchOptions): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-netlink-'));
  try {
    return await runBench(folder, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runBench(folder: string, { runs, jsonFile }: BenchOptions): Promise<number> {
  const sides = prepareSides(folder);
  for (const why of sides.missing) console.log(`Left out: ${why}`);
  const machine = describeMachine();
  const { cpu, cores, kernel, node, iproute2, packages } = machine;
  const load = loadavg()[0] ?? Number.NaN;
  console.log(
    `${String(cores)} cores of ${cpu}, load ${load.toFixed(2)}; Linux ${kernel}; Node ${node}; ${iproute2}; packages: ${packages}; ${String(runs)} rounds`,
  );
  const figures = await measure(sides, runs);
  const verdicts = judge(figures);
  console.log([...printFigures(figures), ...printVerdicts(verdicts)].join('\n'));
  console.log(`\nLoad at the end: ${(loadavg()[0] ?? Number.NaN).toFixed(2)}`);
  if (jsonFile !== undefined) {
    writeFileSync(
      jsonFile,
      `${JSON.stringify({ machine, runs, verdicts, ...figures }, null, 2)}\n`,
    );
  }
  return verdicts.every(({ holds }) => holds) ? 0 : 1;
}

async function measure({ all }: Sides, runs: number): Promise<Figures> {
  using netns = createNetworkNamespace();
  await using netlink = await openNetlink({ netns });
  await netlink.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
  const linkIndex = (await netlink.links.get({ name: 'a' }))?.index ?? 0;
  const place = { netns, linkIndex };
  const repeated = all.filter(({ uses }) => uses === 'warm and fresh');
  const warm = await measureWarm(place, repeated, runs, 'change');
  const fresh = await measureFresh(place, all, runs, 'change');
  await fillTable(place, all);
  const lists = all.filter((side) => side.lists);
  const listing = await measureWarm(place, lists, runs, 'list');
  const firstListing = await measureFresh(place, lists, runs, 'list');
  return { warm, fresh, listing, firstListing };
}
