import {
  canStrike,
  cellKey,
  cells,
  faults,
  isKnownStep,
  plannedSteps,
  stepOf,
  type Verb,
} from './faults.ts';
import type { Tally } from './tally.ts';

/** The share of all cells, step by fault, that must have been struck. */
export const leastCoverage = 0.95;

/** Fewer seeds cannot strike every cell: their coverage is printed and not judged. */
export const judgedFrom = 3000;

export function coverageOf({ struck }: Pick<Tally, 'struck'>): number {
  const hit = cells.filter(({ verb, operation, fault }) =>
    struck.has(cellKey(stepOf(verb, operation), fault)),
  );
  return hit.length / cells.length;
}

/** Side effects that were seen and that no cell is about: the list of steps is behind the code. */
export function unknownSteps({ steps }: Pick<Tally, 'steps'>): string[] {
  return [...steps].filter((step) => !isKnownStep(step)).toSorted();
}

/** The table step by fault; a dot where the fault makes no sense. */
export function coverageTable({ struck }: Pick<Tally, 'struck'>): string[] {
  const head = ['step'.padEnd(40), ...faults.map((fault) => fault.padStart(columnOf(fault)))];
  const rows = [...plannedSteps].map((step) => {
    const [verb, operation] = step.split(' ') as [Verb, string];
    const counts = faults.map((fault) => {
      const times = struck.get(cellKey(stepOf(verb, operation), fault)) ?? 0;
      return (canStrike(verb, operation, fault) ? String(times) : '.').padStart(columnOf(fault));
    });
    return [step.padEnd(40), ...counts].join(' ');
  });
  return [head.join(' '), ...rows];
}

function columnOf(fault: string): number {
  return Math.max(6, fault.length);
}
