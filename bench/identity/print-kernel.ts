import { judge } from './bounds.ts';
import type { KernelHalf, KernelStart } from './kernel-half.ts';
import { formatMs, formatTable } from './table.ts';
import type { Spread } from './percentile.ts';

/** The kernel's half as text. */
export function printKernelHalf(half: KernelHalf): readonly string[] {
  const { temperature, rounds, totals, ratios, steps, start } = half;
  const how = temperature === 'warm' ? 'in one process' : 'a fresh process each';
  const { bound, holds } = judge(half);
  return [
    '',
    `Kernel steps, ${temperature}: ${rounds} rounds, ${how}; milliseconds.`,
    '',
    ...formatTable(
      ['step', 'ours p50', 'p99', 'sh forks p50', 'p99', 'Node forks p50', 'p99'],
      [
        ...steps.map(({ name, ours, shell, node }) => row(name, [ours, shell, node])),
        row('all together', [totals.ours, totals.shell, totals.node]),
      ],
    ),
    '',
    `  ours over sh forking ip and sysctl: ${formatRatio(ratios.shell)}, bound ${bound}: ${holds ? 'holds' : 'DOES NOT HOLD'}`,
    `  ours over Node forking them: ${formatRatio(ratios.node)}`,
    `  ours over one ip -batch and one sysctl (p50 ${formatMs(totals.batch.p50)}): ${formatRatio(ratios.batch)}`,
    ...(start === undefined ? [] : printStart(start)),
  ];
}

function printStart({ load, open, observe, withSteps, ratios }: KernelStart): readonly string[] {
  return [
    '',
    '  What a fresh process does before, once in its life (Node itself and core are there already):',
    '',
    ...formatTable(
      ['', 'p50', 'p99'],
      [
        row('import netlink, load its addon', [load]),
        row('load the adapter, open the socket', [open]),
        row('look at the link', [observe]),
        row('these and the steps', [withSteps]),
      ],
    ),
    '',
    `  these and the steps over sh forking: ${formatRatio(ratios.shell)}, Node forking: ${formatRatio(ratios.node)}, ip -batch: ${formatRatio(ratios.batch)} (no bound)`,
  ];
}

function formatRatio(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 ? 4 : 3);
}

function row(name: string, spreads: readonly Spread[]): readonly string[] {
  return [name, ...spreads.flatMap(({ p50, p99 }) => [formatMs(p50), formatMs(p99)])];
}
