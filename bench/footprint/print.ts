import { formatMs, formatTable } from '../identity/table.ts';
import type { Verdict } from './bounds.ts';
import type { BundleKind, SidecarBundle } from './bundle-sidecar.ts';
import type { Spread } from '../identity/percentile.ts';
import type { Bundled, FirstAnswers } from './first-answers.ts';
import type { LoadedFiles } from './loaded-files.ts';
import type { ResidentMemory } from './resident-memory.ts';

export function printSizes(
  bundles: Readonly<Record<BundleKind, SidecarBundle>>,
  loaded: LoadedFiles,
): readonly string[] {
  const names = [...bundles.whole.shares.keys()].toSorted(
    (a, b) => (bundles.whole.shares.get(b) ?? 0) - (bundles.whole.shares.get(a) ?? 0),
  );
  const row = (title: string, bytes: (bundle: SidecarBundle) => number): readonly string[] => [
    title,
    kilobytes(bytes(bundles.whole)),
    kilobytes(bytes(bundles.pod)),
  ];
  return [
    '',
    `Size: minified ESM, KB. A life that ensures, keeps, repairs and releases loads ${kilobytes(loaded.bytes)}, in ${loaded.files} files.`,
    'All chunks together, `for a pod` without what no pod uses of the SDK:',
    '',
    ...formatTable(
      ['', 'whole', 'for a pod'],
      [
        row('the bundle', ({ bytes }) => bytes),
        ...names.map((name) => row(`  ${name}`, ({ shares }) => shares.get(name) ?? 0)),
      ],
    ),
  ];
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}

export function printFirstAnswers(answers: FirstAnswers, rounds: number): readonly string[] {
  const { empty, unbundled, bundled, bundledSparing } = answers;
  return [
    '',
    `Start: ${rounds} rounds, a fresh process each, in the pod; milliseconds, and medians of the rounds' ratios.`,
    'EC2 is simulated, by HTTP, on this machine.',
    '',
    ...formatTable(
      ['', 'p50', 'p99', 'to empty', 'to the SDK'],
      [
        times('an empty Node process, to its end', empty),
        times('the unbundled SDK, to the first answer', unbundled),
        timesAndRatios('the bundled sidecar, to the first answer', bundled),
        timesAndRatios('the same, the sparing way', bundledSparing),
      ],
    ),
  ];
}

function times(title: string, { p50, p99 }: Spread): readonly string[] {
  return [title, formatMs(p50), formatMs(p99)];
}

function timesAndRatios(title: string, bundled: Bundled): readonly string[] {
  const { toEmpty, toUnbundled } = bundled;
  return [...times(title, bundled), toEmpty.toFixed(2), toUnbundled.toFixed(2)];
}

export function printMemory(runs: readonly ResidentMemory[]): readonly string[] {
  const columns = runs[0]?.hours.map((_, index) => `hour ${index + 1}`) ?? [];
  return [
    '',
    'Memory of the bundled sidecar, RSS in MiB, median and highest reading of an hour; the time between two looks at EC2 is made short.',
    '',
    ...formatTable(
      ['', 'held', ...columns],
      runs.map(({ way, heldMiB, hours }) => [
        way.name,
        heldMiB.toFixed(1),
        ...hours.map(({ median, highest }) => `${median.toFixed(1)} ${highest.toFixed(1)}`),
      ]),
    ),
  ];
}

export function printVerdicts(verdicts: readonly Verdict[]): readonly string[] {
  return [
    '',
    ...formatTable(
      ['bound', 'at most', 'measured', ''],
      verdicts.map(({ what, bound, measured, unit, holds }) => [
        what,
        `${bound} ${unit}`,
        `${measured.toFixed(2)} ${unit}`,
        holds ? 'holds' : 'DOES NOT HOLD',
      ]),
    ),
  ];
}
