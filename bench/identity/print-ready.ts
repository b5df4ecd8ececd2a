import type { Spread } from './percentile.ts';
import type { ReadyHalf } from './ready-half.ts';
import { formatMs, formatTable } from './table.ts';

/** The time to ready as text. */
export function printReadyHalf(half: ReadyHalf): readonly string[] {
  const { temperature, runs, steps, ec2Calls, ec2RoundTrips } = half;
  const how = temperature === 'warm' ? 'all in one process' : 'a fresh pod process each';
  return [
    '',
    `Time to ready, ${temperature}: ${runs} runs, ${how}; milliseconds. EC2 is simulated, by HTTP, on this machine.`,
    '',
    ...formatTable(['', 'p50', 'p99'], totalRows(half)),
    '',
    `  EC2 calls ${ec2Calls.p50}, of which ${ec2RoundTrips.p50} one after another (p50).`,
    '',
    ...formatTable(
      ['step', 'half', 'runs', 'begins p50', 'takes p50', 'p99'],
      steps.map(({ half: where, name, runs: done, began, took }) => [
        name,
        where,
        String(done),
        formatMs(began.p50),
        formatMs(took.p50),
        formatMs(took.p99),
      ]),
    ),
  ];
}

function totalRows(half: ReadyHalf): readonly (readonly string[])[] {
  const { start, ensure, ready, kernelSteps, release } = half;
  const rows: readonly (readonly [string, Spread | undefined])[] = [
    ['start of the process to ensure called', start],
    ['ensure called to HeldIdentity', ensure],
    ['start of the process to HeldIdentity', ready],
    ['all kernel steps of an ensure', kernelSteps],
    ['release', release],
  ];
  return rows.flatMap(([name, spread]) =>
    spread === undefined ? [] : [[name, formatMs(spread.p50), formatMs(spread.p99)]],
  );
}
