import type { FirstAnswers } from './first-answers.ts';
import type { ResidentMemory } from './resident-memory.ts';
import { byDefault, sparing } from './way.ts';

export interface Verdict {
  readonly what: string;
  readonly bound: number;
  readonly measured: number;
  readonly unit: 'KB' | 'x' | 'MiB';
  readonly holds: boolean;
}

/** What lies between the medians of two hours of a process that does not grow. */
const noiseMiB = 2;

export interface Measured {
  readonly podBytes: number;
  readonly answers: FirstAnswers;
  readonly memory: readonly ResidentMemory[];
}

export function judge({ podBytes, answers, memory }: Measured): readonly Verdict[] {
  const starts = [
    [byDefault.short, answers.bundled],
    [sparing.short, answers.bundledSparing],
  ] as const;
  return [
    verdict('size of the bundle for a pod', 400, podBytes / 1000, 'KB'),
    ...starts.flatMap(([way, { toEmpty, toUnbundled }]) => [
      verdict(`first EC2 answer, to an empty Node process (${way})`, 4, toEmpty, 'x'),
      verdict(`first EC2 answer, to the unbundled SDK (${way})`, 0.35, toUnbundled, 'x'),
    ]),
    ...memory.flatMap(({ way, hours }) => {
      const highest = Math.max(...hours.map((hour) => hour.highest));
      // in the first hour caches fill
      const growth = (hours.at(-1)?.median ?? Number.NaN) - (hours[1]?.median ?? Number.NaN);
      return [
        verdict(`highest RSS in all hours of keep (${way.short})`, 70, highest, 'MiB'),
        verdict(`growth of RSS, second hour to last (${way.short})`, noiseMiB, growth, 'MiB'),
      ];
    }),
  ];
}

function verdict(what: string, bound: number, measured: number, unit: Verdict['unit']): Verdict {
  return { what, bound, measured, unit, holds: measured <= bound };
}
