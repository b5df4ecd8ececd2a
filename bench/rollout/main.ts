/**
 * `npm run bench:rollout`: how long many pods that start at the same moment take to their identities, when EC2 grants no more than its
 * documented token buckets. Time is virtual: the figures do not depend on the machine, and are the same in every run. Exit codes and
 * options: arguments.ts.
 */
import { writeFile } from 'node:fs/promises';
import { ec2RequestRates } from '@truetuple/core';
import { startProgram } from '../../tools/command-line.ts';
import { formatTable } from '../identity/table.ts';
import { parseArguments, usage, type RolloutOptions } from './arguments.ts';
import { routeTables } from './region.ts';
import type { Design } from './grants.ts';
import { roll, type RollFigures } from './roll.ts';

const designs: readonly Design[] = [
  'managed controller',
  'one process for all',
  'a process for each pod',
];
/** How far above the lower bound whoever calls EC2 for all may end. */
const slack = 1.15;

const asked = parseArguments(process.argv.slice(2));
process.exitCode = await startProgram({ name: 'bench:rollout', usage }, asked, runBench);

interface LowerBound {
  readonly action: string;
  readonly seconds: number;
}

/** What the busiest bucket needs for the calls that every design has to make: one claim, one tag, a route in each table. */
function lowerBound(pods: number): LowerBound {
  const needed = { AssociateAddress: pods, CreateTags: pods, CreateRoute: pods * routeTables };
  const bounds = Object.entries(needed).map(([action, calls]) => {
    const { burst, perSecond } = ec2RequestRates[action as keyof typeof needed];
    return { action, seconds: Math.max(0, (calls - burst) / perSecond) };
  });
  return bounds.reduce((most, bound) => (bound.seconds > most.seconds ? bound : most));
}

async function runBench({ pods, jsonFile }: RolloutOptions): Promise<number> {
  const least = lowerBound(pods);
  const figures: RollFigures[] = [];
  for (const design of designs) figures.push(await roll(design, pods));
  console.log(
    [
      `${pods} pods at once, ${routeTables} route tables; no less than ${least.seconds.toFixed(0)} s (${least.action}). Virtual seconds.`,
      '',
      ...formatTable(
        ['', 'ready', 'half at', 'last at', 'to the bound', 'calls', 'throttled', 'restarts'],
        figures.map((each) => [
          each.design,
          String(each.ready),
          each.medianSeconds.toFixed(0),
          each.lastSeconds.toFixed(0),
          (each.lastSeconds / least.seconds).toFixed(2),
          String(each.calls),
          String(each.throttled),
          String(each.restarts),
        ]),
      ),
    ].join('\n'),
  );
  if (jsonFile !== undefined) {
    await writeFile(jsonFile, `${JSON.stringify({ pods, least, figures }, null, 2)}\n`);
  }
  const together = figures.filter(({ design }) => design !== 'a process for each pod');
  const holds =
    figures.every(({ ready }) => ready === pods) &&
    together.every(
      ({ throttled, lastSeconds }) => throttled === 0 && lastSeconds <= slack * least.seconds,
    );
  console.log(
    `\n  a controller, and one process: nothing throttled, at most ${slack} times the bound; everybody ready: ${holds ? 'holds' : 'DOES NOT HOLD'}`,
  );
  return holds ? 0 : 1;
}
