// A pod's own process: takes its public identity with the unmodified SDK and gives it back, and tells how long
// each thing took. Argument: a ReadySetting as JSON.
import { once } from 'node:events';
import { ensurePublicIdentity } from '@truetuple/core';
import { ReadyMarks } from './ready-marks.ts';
import { wallClock, type ReadyReport, type ReadySetting } from './ready-report.ts';

function tell(report: ReadyReport): void {
  process.send?.(report);
}

async function playRound({ spec, node }: ReadySetting): Promise<void> {
  const calledAt = wallClock();
  const begun = performance.now();
  const watched = new ReadyMarks();
  const held = await ensurePublicIdentity(spec, {
    node: watched.watch(node),
    onStep: watched.onStep,
  });
  const ready = performance.now();
  const { marks, ec2Calls, ec2RoundTrips } = watched;
  // a copy: the release is watched too
  const done = [...marks];
  tell({
    kind: 'ready',
    calledAt,
    ensureMs: ready - begun,
    marks: done,
    ec2Calls,
    ec2RoundTrips,
  });
  const releasing = performance.now();
  await held.release();
  tell({ kind: 'released', releaseMs: performance.now() - releasing });
}

const setting = JSON.parse(process.argv[2] ?? '{}') as ReadySetting;
for (let round = 0; round < setting.rounds; round++) {
  if (round > 0) await once(process, 'message');
  await playRound(setting);
}
process.disconnect();
