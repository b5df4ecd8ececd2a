import { CoreError, ensurePublicIdentity } from '@truetuple/core';
import { ManualClock, MemoryPublisher, seededRandom, simulatedNode } from '@truetuple/core/testing';
import { grantsOf, type Design } from './grants.ts';
import { pool, rolledRegion, type RolledPod } from './region.ts';

export interface RollFigures {
  readonly design: Design;
  readonly pods: number;
  readonly ready: number;
  /** Virtual seconds until half of the pods, and until the last one, had their identities. */
  readonly medianSeconds: number;
  readonly lastSeconds: number;
  readonly calls: number;
  readonly throttled: number;
  /** Containers that gave up and were started again. */
  readonly restarts: number;
  /** What of each action was done, refused calls not counted. */
  readonly done: Readonly<Record<string, number>>;
}

/** The kubelet's back-off for containers that exit (Kubernetes, "Pod Lifecycle"): 10 s, doubled up to 300 s. */
const firstBackOffMs = 10_000;
const longestBackOffMs = 300_000;

/** Starts all pods at the same moment, in virtual time. The same random numbers in every run. */
export async function roll(design: Design, count: number): Promise<RollFigures> {
  const clock = new ManualClock();
  const { ec2, pods } = rolledRegion(clock, count);
  const random = seededRandom(1);
  const uids = pods.map(({ spec }) => spec.owner.uid);
  const grants = grantsOf(design, { clock, ec2, random, pool, uids });
  const readyAt: number[] = [];
  let restarts = 0;
  const start = async ({ spec, kernel }: RolledPod): Promise<void> => {
    const publisher = new MemoryPublisher();
    for (let backOffMs = firstBackOffMs; ; backOffMs = Math.min(2 * backOffMs, longestBackOffMs)) {
      // a container that is started again is a new process
      const node = {
        ...simulatedNode({ ec2, kernel, clock, publisher }),
        openGrant: async () => grants.open(),
      };
      try {
        await ensurePublicIdentity(spec, { node });
        readyAt.push(clock.elapsed() / 1000);
        return;
      } catch (error) {
        if (!CoreError.is(error) || error.retry === 'never') throw error;
      }
      restarts += 1;
      await clock.wait(backOffMs);
    }
  };
  await clock.run(Promise.all(pods.map(start)));
  await clock.run(grants.close());
  const { entries } = ec2.calls;
  const throttled = entries.filter(({ outcome }) => outcome === 'RequestLimitExceeded').length;
  const done: Record<string, number> = {};
  for (const { action, outcome } of entries) {
    if (outcome !== 'RequestLimitExceeded') done[action] = (done[action] ?? 0) + 1;
  }
  return {
    design,
    pods: count,
    ready: readyAt.length,
    medianSeconds: readyAt[Math.floor(readyAt.length / 2)] ?? Number.NaN,
    lastSeconds: Math.max(...readyAt),
    calls: entries.length,
    throttled,
    restarts,
    done,
  };
}
