import { carryOut } from './cloud/carry-out.ts';
import { openSession, type CloudSession, transientFailuresBorne } from './cloud/cloud-session.ts';
import type { CloudStep } from './cloud/cloud-step.ts';
import type { Ec2Api } from './cloud/ec2-api.ts';
import type { CloudStepEvent } from './cloud/identity-grant.ts';
import type { Liveness } from './cloud/liveness.ts';
import { observePool } from './cloud/observe-pool.ts';
import { planReap, type Orphan, type Spared } from './cloud/plan-reap.ts';
import { nameStep, translateEc2Error } from './cloud/translate-ec2-error.ts';
import { converge } from './converge.ts';
import type { CoreError } from './errors.ts';
import type { Clock } from './identity/clock.ts';
import { thisNode } from './this-node.ts';

export interface ReapRequest {
  /** Value of the tag `truetuple/pool`: nothing outside the pool is touched. */
  readonly pool: string;
  /** For messages only: the region is that of the `ec2` port. */
  readonly region?: string;
  readonly live: Liveness;
  /** True to plan and write nothing. */
  readonly dryRun?: boolean;
  /** How many orphans one pass takes away; default 50. The rest waits for the next pass. */
  readonly cap?: number;
  readonly signal?: AbortSignal;
}

export interface ReapPorts {
  readonly ec2: Ec2Api;
  /** For pauses after transient failures; default this node's. */
  readonly clock?: Pick<Clock, 'wait'>;
  readonly onStep?: (event: CloudStepEvent) => void;
}

export interface ReapReport {
  /** What the first look gave, within the cap. */
  readonly planned: readonly CloudStep[];
  readonly applied: readonly CloudStep[];
  /** What no live pod is known to hold and was left alone all the same. */
  readonly spared: readonly Spared[];
  /** What could not be done: the other orphans were taken away nevertheless. */
  readonly failed: readonly { readonly step: CloudStep; readonly error: CoreError }[];
}

const defaultCap = 50;
/** One step a round; beside these a look after each failure that is borne, and the last one. */
const extraRounds = transientFailuresBorne + 2;

/**
 * Takes away what dead pods of a pool left in EC2: associations, owner records, routes, private IPs. EC2
 * is read before the list of live pods, and both again just before each thing is destroyed.
 * @throws CoreError when EC2 cannot be read.
 */
export async function reapOrphans(request: ReapRequest, ports: ReapPorts): Promise<ReapReport> {
  const { ec2, clock = thisNode().clock, onStep } = ports;
  const session = openSession({ ec2, clock, onStep, signal: request.signal });
  const first = planReap(await observePool(session, request.pool), await request.live.livePods());
  const cap = request.cap ?? defaultCap;
  const orphans = first.orphans.slice(0, cap);
  const planned = orphans.flatMap(({ steps }) => steps);
  const capped = first.orphans
    .slice(cap)
    .map(({ what }) => ({ what, why: `one pass takes away ${cap} orphans` }));
  const spared = [...first.spared, ...capped];
  if (request.dryRun === true) return { planned, applied: [], spared, failed: [] };
  const pass: Pass = { session, request, applied: [], failed: [] };
  for (const orphan of orphans) await takeAway(pass, orphan);
  return { planned, applied: pass.applied, spared, failed: pass.failed };
}

interface Pass {
  readonly session: CloudSession;
  readonly request: ReapRequest;
  readonly applied: CloudStep[];
  readonly failed: { readonly step: CloudStep; readonly error: CoreError }[];
}

/** Converges one orphan toward nothing, as long as it still is one. */
async function takeAway(pass: Pass, orphan: Orphan): Promise<void> {
  const { session, request } = pass;
  // what one orphan cost is not charged to the next
  session.patience = transientFailuresBorne;
  session.failures = 0;
  const done: CloudStep[] = [];
  const gaveUp: CloudStep[] = [];
  // what we have done is done, even if a describe does not show it yet
  const look = async (): Promise<readonly CloudStep[]> => {
    const observed = await observePool(session, request.pool, orphan.subject);
    const { orphans } = planReap(observed, await request.live.livePods());
    return orphans.flatMap(({ steps }) => steps).filter((step) => !isAmong(step, done));
  };
  await converge<readonly CloudStep[], CloudStep>({
    what: `taking away ${orphan.what}`,
    maxRounds: orphan.steps.length + extraRounds,
    signal: request.signal,
    observe: look,
    plan: (steps) =>
      gaveUp.length > 0 ? [] : steps.filter((step) => isAmong(step, orphan.steps)).slice(0, 1),
    apply: async (step) => {
      try {
        if ((await carryOut(session, step)) !== 'done') return 'look-again';
        done.push(step);
        pass.applied.push(step);
      } catch (error) {
        gaveUp.push(step);
        pass.failed.push({ step, error: translateEc2Error(error, nameStep(step)) });
      }
      return 'done';
    },
  });
}

function isAmong(step: CloudStep, steps: readonly CloudStep[]): boolean {
  return steps.some((one) => JSON.stringify(one) === JSON.stringify(step));
}
