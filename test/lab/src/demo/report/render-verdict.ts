import { hang } from './layout.ts';
import type { Paint } from './paint.ts';
import type { DemoReport, Verdict } from './report.ts';
import { judgeCall } from './verdict-calls.ts';
import { judgeFlow } from './verdict.ts';

/** The last lines: each promise, what is not shown, and the sum. */
export function renderVerdict(report: DemoReport, paint: Paint): readonly string[] {
  return [
    '',
    paint.bold(paint.cyan('Verdict')),
    ...sumUp(report).flatMap((verdict) => renderRow(verdict, paint)),
    '',
    paint.dim('  not shown by this run'),
    ...report.notProven.flatMap((what) => hang('    - ', what)).map(paint.dim),
    '',
    ...renderSum(report, paint),
  ];
}

/** The flows that held are one row, and the calls; one promise that did not hold has its own. */
function sumUp({ flows, calls, verdicts }: DemoReport): readonly Verdict[] {
  const heldFlows = flows.filter((flow) => judgeFlow(flow).ok);
  const packets = heldFlows.reduce((sum, flow) => sum + flow.received, 0);
  const heldCalls = calls.filter((call) => judgeCall(call).every(({ ok }) => ok));
  const rtp = heldCalls.reduce((sum, call) => sum + call.rtpReceived, 0);
  const ofFlows: Verdict = {
    name: `${heldFlows.length} of ${flows.length} flows`,
    ok: heldFlows.length === flows.length,
    why: `observed as advertised, none of ${packets} packets lost`,
  };
  const ofCalls: Verdict = {
    name: `${heldCalls.length} of ${calls.length} calls`,
    ok: heldCalls.length === calls.length,
    why: `SIP and RTP as advertised, ${rtp} RTP packets, no private address`,
  };
  const inFlows = flows.map(({ name }) => name);
  const inCalls = calls.flatMap(judgeCall).map(({ name }) => name);
  return putFirst(putFirst(verdicts, inFlows, ofFlows), inCalls, ofCalls);
}

/** Puts the sum before the rows that it is of, and leaves out those that held. */
function putFirst(
  verdicts: readonly Verdict[],
  names: readonly string[],
  sum: Verdict,
): readonly Verdict[] {
  const first = verdicts.findIndex(({ name }) => names.includes(name));
  return verdicts.flatMap((verdict, index) => {
    const summed = index === first ? [sum] : [];
    return names.includes(verdict.name) && verdict.ok ? summed : [...summed, verdict];
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
