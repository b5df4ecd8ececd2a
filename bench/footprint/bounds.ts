import type { FirstAnswers } from './first-answers.ts';
import type { ResidentMemory } from './resident-memory.ts';
import type { LoadedFiles } from './loaded-files.ts';
import { sparing } from './way.ts';

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
  readonly loaded: LoadedFiles;
  readonly answers: FirstAnswers;
  readonly memory: readonly ResidentMemory[];
}

/** All of one way to start: what holds the start with one way and the memory with another holds nothing. */
export function judge({ loaded, answers, memory }: Measured): readonly Verdict[] {
  const { toEmpty, toUnbundled } = answers.bundledSparing;
  const hours = memory.find(({ way }) => way === sparing)?.hours ?? [];
  const highest = hours.length === 0 ? Number.NaN : Math.max(...hours.map((hour) => hour.highest));
  // in the first hour caches fill
  const growth = (hours.at(-1)?.median ?? Number.NaN) - (hours[1]?.median ?? Number.NaN);
  return [
    judgeLoaded(loaded),
    verdict('first EC2 answer, to an empty Node process', 4, toEmpty, 'x'),
    verdict('first EC2 answer, to the unbundled SDK', 0.35, toUnbundled, 'x'),
    verdict('highest RSS in all hours of keep', 70, highest, 'MiB'),
    verdict('growth of RSS, second hour to last', noiseMiB, growth, 'MiB'),
  ];
}

/** KB of 1,000 bytes. */
export function judgeLoaded({ bytes }: LoadedFiles): Verdict {
  return verdict('what a life of the bundled sidecar loads', 400, bytes / 1000, 'KB');
}

function verdict(what: string, bound: number, measured: number, unit: Verdict['unit']): Verdict {
  return { what, bound, measured, unit, holds: measured <= bound };
}
