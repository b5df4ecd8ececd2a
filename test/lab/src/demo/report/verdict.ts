import type { CallRow, CrashFacts, FlowRow, Leftover, StockRow, Verdict } from './report.ts';
import { judgeCall, judgeStockCalls } from './verdict-calls.ts';

export interface Findings {
  readonly stockPath: readonly StockRow[];
  readonly stockCalls: readonly CallRow[];
  readonly readyMs: number;
  readonly publicIp: string;
  readonly flows: readonly FlowRow[];
  readonly calls: readonly CallRow[];
  readonly crash: CrashFacts;
  readonly leaked: readonly Leftover[];
}

/** Every promise of the demo as a row with a stable name. */
export function judge(findings: Findings): readonly Verdict[] {
  return [
    judgeStockPath(findings.stockPath),
    ...judgeStockCalls(findings.stockCalls),
    judgeReady(findings),
    ...findings.flows.map(judgeFlow),
    ...findings.calls.flatMap(judgeCall),
    judgeKill(findings),
    judgeDryRun(findings.crash),
    judgeLeft('nothing-left-in-ec2', findings.leaked, ['ec2']),
    judgeLeft('nothing-left-on-the-machine', findings.leaked, ['kernel', 'process', 'file']),
  ];
}

/** Act 1 shows the fault that truetuple removes: if the model does not have it, act 2 shows nothing. */
function judgeStockPath(rows: readonly StockRow[]): Verdict {
  const name = 'stock-path-fails';
  const sound = rows.filter((row) => row.observed.includes(row.advertised) || row.arrived > 0);
  if (rows.length === 0 || rows.some((row) => row.observed.length === 0)) {
    return {
      name,
      ok: false,
      why: 'a stock flow was not observed, so there is nothing to compare',
    };
  }
  const unanswered = rows.filter((row) => !row.answered);
  if (unanswered.length > 0) {
    const names = unanswered.map((row) => row.name).join(', ');
    return {
      name,
      ok: false,
      why: `no answer to the observed tuple reached the app of ${names}: that no call did shows nothing`,
    };
  }
  if (sound.length > 0) {
    const names = sound.map((row) => row.name).join(', ');
    return { name, ok: false, why: `the model does not show the fault for ${names}` };
  }
  return { name, ok: true, why: 'no advertised tuple is the observed one, no call to one arrives' };
}

function judgeReady({ readyMs, publicIp }: Findings): Verdict {
  return { name: 'identity-held', ok: true, why: `${publicIp} held in ${readyMs.toFixed(0)} ms` };
}

/** Both ends: the receiver sees exactly the advertised tuple, and each packet once. */
export function judgeFlow(flow: FlowRow): Verdict {
  const problems: string[] = [];
  if (flow.sent !== flow.wanted) problems.push(`sent ${flow.sent} of ${flow.wanted}`);
  if (flow.lost > 0) problems.push(`${flow.lost} lost`);
  if (flow.repeated > 0) problems.push(`${flow.repeated} repeated`);
  const strangers = flow.observed.filter((tuple) => tuple !== flow.advertised);
  if (strangers.length > 0) {
    problems.push(`${strangers.join(', ')} observed, ${flow.advertised} advertised`);
  }
  if (flow.observed.length === 0) problems.push('nothing observed');
  if (problems.length > 0) return { name: flow.name, ok: false, why: problems.join('; ') };
  return {
    name: flow.name,
    ok: true,
    why: `${flow.advertised} is what is seen, ${flow.received} of ${flow.sent}`,
  };
}

/** A kill that leaves nothing behind would leave nothing to show either. */
function judgeKill({ crash, calls }: Findings): Verdict {
  const { signal, leftByPod, rtpInCall } = crash;
  const name = 'killed-in-use';
  if (signal !== 'SIGKILL') {
    const how = signal === null ? 'by itself' : `of ${signal}`;
    return { name, ok: false, why: `the pod's process had ended ${how} before it was killed` };
  }
  if (!leftByPod.some(({ where }) => where === 'ec2')) {
    const why = `${signal} left nothing in EC2, so the reaper had nothing to show`;
    return { name, ok: false, why };
  }
  if (calls.length > 0 && rtpInCall === 0) {
    return { name, ok: false, why: `no call was up, heard on both sides, when ${signal} came` };
  }
  const use = rtpInCall > 0 ? 'in a call, ' : '';
  return {
    name,
    ok: true,
    why: `${signal} came ${use}while ${leftByPod.length} things of the pod were in place`,
  };
}

function judgeDryRun(crash: CrashFacts): Verdict {
  const name = 'dry-run-writes-nothing';
  if (crash.dryRunWrites > 0) {
    return { name, ok: false, why: `the dry run wrote ${crash.dryRunWrites} times to EC2` };
  }
  if (crash.leftByPod.length > 0 && crash.dryRun.length === 0) {
    return { name, ok: false, why: 'the dry run planned nothing although something was left' };
  }
  return { name, ok: true, why: `${crash.dryRun.length} steps told, none carried out` };
}

function judgeLeft(
  name: string,
  leaked: readonly Leftover[],
  places: readonly Leftover['where'][],
): Verdict {
  const left = leaked.filter(({ where }) => places.includes(where));
  return left.length === 0
    ? { name, ok: true, why: 'nothing left' }
    : { name, ok: false, why: `left: ${left.map(({ what }) => what).join('; ')}` };
}
