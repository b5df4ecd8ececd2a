import { describeCloudStep, reapOrphans, type Liveness } from '@truetuple/core';
import type { CallInProgress } from './gateway-act.ts';
import type { PodProcess } from '../pod/pod-process.ts';
import type { CrashFacts, Leftover } from '../report/report.ts';
import type { Stage } from '../stage.ts';

export interface CrashAct {
  readonly stage: Stage;
  readonly pod: PodProcess;
  /** A call that is up; undefined where none could be made. */
  readonly call: CallInProgress | undefined;
  /** What is left of the pod right now. */
  readonly look: () => Promise<readonly Leftover[]>;
  /** False for the sabotage that leaves the reaper out. */
  readonly reaps: boolean;
}

/** No pod lives: what the API server says once the dead pod's object is gone. */
const nobodyLives: Liveness = { livePods: async () => ({ complete: true, pods: [] }) };

/** Act 3: SIGKILL, the kubelet takes the sandbox away, the reaper does the rest. */
export async function killAndReap({
  stage,
  pod,
  call,
  look,
  reaps,
}: CrashAct): Promise<CrashFacts> {
  const rtpInCall = call?.heard() ?? 0;
  const signal = await pod.kill();
  await stage.removeSandbox();
  await call?.quiet();
  const leftByPod = await look();
  const { ec2, spec } = stage;
  const { pool, region } = spec;
  let changes = 0;
  ec2.onChange(() => {
    changes += 1;
  });
  const request = { pool, region, live: nobodyLives, graceMs: 0 };
  const told = await reapOrphans({ ...request, dryRun: true }, { ec2 });
  const dryRunWrites = changes;
  const start = performance.now();
  const done = reaps ? await reapOrphans(request, { ec2 }) : { applied: [], failed: [] };
  return {
    signal,
    rtpInCall,
    leftByPod,
    dryRun: told.planned.map((step) => describeCloudStep(step).sentence),
    dryRunWrites,
    reaped: done.applied.map((step) => describeCloudStep(step).sentence),
    reapFailures: done.failed.map(({ error }) => error.message),
    reapMs: performance.now() - start,
  };
}
