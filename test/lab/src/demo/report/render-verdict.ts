import { hang } from './layout.ts';
import type { Paint } from './paint.ts';
import type { DemoReport, Verdict } from './report.ts';
import { judgeFlow } from './verdict.ts';

/** The last lines: each promise, what is not shown, and the sum. */
export function renderVerdict(report: DemoReport, paint: Paint): readonly string[] {
  return [
    '',
    paint.bold(paint.cyan('Verdict')),
    '',
    ...sumUpFlows(report).flatMap((verdict) => renderRow(verdict, paint)),
    '',
    paint.dim('  not shown by this run'),
    ...report.notProven.flatMap((what) => hang('    - ', what)).map(paint.dim),
    '',
    ...renderSum(report, paint),
  ];
}

/** The flows that held are one row; one that did not has its own. */
function sumUpFlows({ flows, verdicts }: DemoReport): readonly Verdict[] {
  const names = new Set(flows.map(({ name }) => name));
  const held = flows.filter((flow) => judgeFlow(flow).ok);
  const packets = held.reduce((sum, flow) => sum + flow.received, 0);
  const sum: Verdict = {
    name: `${held.length} of ${flows.length} flows`,
    ok: held.length === flows.length,
    why: `observed as advertised, none of ${packets} packets lost`,
  };
  const first = verdicts.findIndex(({ name }) => names.has(name));
  return verdicts.flatMap((verdict, index) => {
    const summed = index === first ? [sum] : [];
    return names.has(verdict.name) && verdict.ok ? summed : [...summed, verdict];
  });
}

function renderRow({ name, ok, why }: Verdict, paint: Paint): readonly string[] {
  const lines = hang(`  ${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(28)} `, why);
  return ok
    ? lines.map((line) => line.replace(/^ {2}ok/, (mark) => paint.green(mark)))
    : lines.map(paint.red);
}

function renderSum({ verdicts, durationMs }: DemoReport, paint: Paint): readonly string[] {
  const broken = verdicts.filter(({ ok }) => !ok).map(({ name }) => name);
  return broken.length === 0
    ? [paint.green(`Every promise held (${(durationMs / 1000).toFixed(1)} s).`)]
    : hang(`${broken.length} broken: `, broken.join(', ')).map(paint.red);
}
