import { layTable, maxColumns, shorten } from './layout.ts';
import type { Paint } from './paint.ts';
import type { StepRow } from './report.ts';

/** Each step in EC2, and of the kernel's what was done in one go. The report has them all. */
export function renderSteps(steps: readonly StepRow[], paint: Paint): readonly string[] {
  const table = layTable(
    [{ title: 'at ms', align: 'right' }, { title: 'half' }, { title: 'step' }],
    runsOf(steps).map((run) => {
      const [first] = run;
      const at = run.at(-1)?.atMs ?? 0;
      const more = run.length > 1 ? ` and ${run.length - 1} more` : '';
      const sentence = shorten(first?.sentence ?? '', maxColumns - 23 - more.length);
      return [at.toFixed(0), first?.half ?? '', `${sentence}${more}`];
    }),
  );
  return [paint.dim(table.heading), ...table.lines];
}

/** Steps of the kernel that follow one another belong together. */
function runsOf(steps: readonly StepRow[]): readonly (readonly StepRow[])[] {
  const runs: StepRow[][] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (step.half === 'kernel' && last?.at(-1)?.half === 'kernel') last.push(step);
    else runs.push([step]);
  }
  return runs;
}
