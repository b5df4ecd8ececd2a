import { randomUUID } from 'node:crypto';
import { boundedLiveness } from './bounded-liveness.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import type { CloudStepEvent } from './cloud/identity-grant.ts';
import type { LivePod, LivePods } from './cloud/liveness.ts';
import type { IdentityClaim } from './cloud/managed/claim.ts';
import { isClaimed } from './cloud/managed/claimed-orphan.ts';
import {
  openSession,
  type CloudSession,
  transientFailuresBorne,
} from './cloud/observe/cloud-session.ts';
import { observePool } from './cloud/observe/observe-pool.ts';
import { brakeReap, claimsUnknown, ownersUnknown } from './cloud/reap/brake-reap.ts';
import {
  compareSightings,
  type OrphanSighting,
  type PassTime,
  type Sighted,
} from './cloud/reap/orphan-sightings.ts';
import {
  planReap,
  type ObservedPool,
  type Orphan,
  type ReapPlan,
  type Spared,
} from './cloud/reap/plan-reap.ts';
import { carryOut } from './cloud/steps/carry-out.ts';
import { isAmong, type CloudStep } from './cloud/steps/cloud-step.ts';
import { nameStep, translateEc2Error } from './cloud/steps/translate-ec2-error.ts';
import { converge } from './converge.ts';
import { CoreError } from './errors.ts';
import type { Clock } from './identity/clock.ts';
import { sayAloud } from './keep/heed.ts';
import type { ReapOutcome, ReapReport } from './reap-report.ts';
import { requireReapRequest, type ReapRequest } from './reap-request.ts';
import { isNotSent, sendAtOnce } from './send-at-once.ts';
import { thisNode } from './this-node.ts';

/** What a pass of the reaper works with. */
export interface ReapPorts {
  readonly ec2: Ec2Api;
  /** For ages, and pauses after transient failures; default this node's. */
  readonly clock?: Clock;
  /** What it throws ends the pass; the rejection of one that is async is a warning of the process. */
  readonly onStep?: (event: CloudStepEvent) => void;
}

const defaultCap = 50;
const defaultGraceMs = 5 * 60_000;
/** What a look showed is acted on within this time, or looked at again. */
const freshMs = 2000;
const defaultBrake = { share: 0.5, floor: 5 };
/** One step a round; beside these a look after each failure that is borne, and the last one. */
const extraRounds = transientFailuresBorne + 2;

/**
 * One pass: takes away what dead pods of a pool left in EC2: associations, owner records, routes, private
 * IPs. EC2 is read before the list of live pods, and both again just before each thing is destroyed. Only
 * what an earlier pass saw orphaned too is due: give each pass the `sightings` of the one before. The pass
 * brakes when the list is incomplete, or when too much looks orphaned; `outcome` says so.
 * @throws CoreError SpecInvalid for a pool's name with a wildcard and for options that are misspelt or wrong, and what it was when EC2 cannot be read before anything is done. Later failures are in the report.
 */
export async function reapOrphans(request: ReapRequest, ports: ReapPorts): Promise<ReapReport> {
  const { clock = thisNode().clock, onStep } = ports;
  const ec2 = sendAtOnce(ports.ec2, freshMs);
  requireReapRequest(request);
  const { pool, earlier = [], graceMs = defaultGraceMs, cap = defaultCap } = request;
  const session = openSession({ ec2, clock, onStep: tellWith(onStep), signal: request.signal });
  const observed = await observePool(session, pool);
  const live = await ownersOf(request).catch(asUnknown);
  const plan = planReap(observed, CoreError.is(live) ? nobodyKnown : live);
  const sighted = compareSightings(plan.orphans, earlier, timeOf(clock), graceMs);
  const now = sighted.due.slice(0, cap);
  const pass: Pass = {
    session,
    request,
    applied: [],
    failed: [],
    gone: new Set(),
    stuck: new Set(),
    claimed: new Set(),
    shown: new Map(CoreError.is(live) ? [] : live.pods.map((pod) => [pod.uid, pod])),
  };
  const report = (outcome: ReapOutcome): ReapReport => ({
    outcome,
    planned: now.flatMap(({ steps }) => steps),
    applied: pass.applied,
    waiting: [...sighted.waiting, ...beyondCap(sighted, cap), ...forClaims(pass, now)],
    spared: plan.spared,
    failed: pass.failed,
    // a pass that knew of no owners has seen nothing that would end an earlier sighting
    sightings: CoreError.is(live)
      ? earlier
      : sightingsAfter(pass, sighted).filter(isUnowned(observed, ownersIn(pass, live))),
  });
  if (CoreError.is(live)) return report(endedBy(live));
  const tooMany = brakeReap(plan, pool, brakeOf(request));
  if (tooMany !== undefined) return report({ kind: 'braked', error: tooMany });
  if (request.dryRun === true) return report({ kind: 'finished' });
  return report(await takeAllAway(pass, now));
}

function tellWith(onStep: ReapPorts['onStep']): ReapPorts['onStep'] {
  return (event) => {
    const told: unknown = onStep?.(event);
    if (told instanceof Promise) told.catch(sayAloud);
  };
}

const clockNames = new WeakMap<Clock, string>();

function timeOf(clock: Clock): PassTime {
  const name = clockNames.get(clock) ?? randomUUID();
  clockNames.set(clock, name);
  return { nowMs: clock.now(), elapsedMs: clock.elapsed(), clock: name };
}

const nobodyKnown: LivePods = { complete: false, pods: [] };

function asUnknown(error: unknown): CoreError {
  if (CoreError.is(error)) return error;
  throw error;
}

/** Rejects with OwnersUnknown when the list is incomplete, or cannot be had; with Aborted when the pass is. */
async function ownersOf(request: ReapRequest): Promise<LivePods> {
  const { live, pool, signal, livePodsTimeoutMs } = request;
  const bounded = boundedLiveness(live, livePodsTimeoutMs);
  const pods = await bounded.livePods({ signal }).catch((cause: unknown) => {
    throw signal?.aborted === true
      ? translateEc2Error(signal.reason, `asking who lives, for pool ${pool}`)
      : ownersUnknown(pool, cause);
  });
  if (!pods.complete) throw ownersUnknown(pool);
  return pods;
}

/** Rejects with OwnersUnknown when they cannot be had. */
async function claimsOf({ claims, pool }: ReapRequest): Promise<readonly IdentityClaim[]> {
  if (claims === undefined) return [];
  return claims.list().catch((cause: unknown) => {
    throw claimsUnknown(pool, cause);
  });
}

function brakeOf(request: ReapRequest): typeof defaultBrake {
  const { brakeShare = defaultBrake.share, brakeFloor = defaultBrake.floor } = request;
  return { share: brakeShare, floor: brakeFloor };
}

function beyondCap({ due }: Sighted, cap: number): Spared[] {
  const why = `one pass takes away ${cap} orphans`;
  return due.slice(cap).map(({ what }) => ({ what, why }));
}

function forClaims({ claimed }: Pass, now: readonly Orphan[]): Spared[] {
  const why = 'a claim is for it, and its controller gives that back';
  return now.flatMap(({ key, what }) => (claimed.has(key) ? [{ what, why }] : []));
}

interface Pass {
  readonly session: CloudSession;
  readonly request: ReapRequest;
  readonly applied: CloudStep[];
  readonly failed: { readonly step: CloudStep; readonly error: CoreError }[];
  /** Keys of orphans that are orphans no longer. */
  readonly gone: Set<string>;
  /** Keys of those that could not be taken away. */
  readonly stuck: Set<string>;
  /** Keys of those that a claim is for. */
  readonly claimed: Set<string>;
  /** Of the lists that it got: what the last one that has a pod says of it, by UID. */
  readonly shown: Map<string, LivePod>;
}

/** One orphan after the other; what ends the pass is told, and with it what was done before. */
async function takeAllAway(pass: Pass, orphans: readonly Orphan[]): Promise<ReapOutcome> {
  for (const orphan of orphans) {
    try {
      await takeAway(pass, orphan);
    } catch (failure) {
      const ended = endedBy(translateEc2Error(failure, `taking away ${orphan.what}`));
      // the others come first in the next pass
      if (ended.kind === 'interrupted' && ended.error.code !== 'Aborted')
        pass.stuck.add(orphan.key);
      return ended;
    }
  }
  return { kind: 'finished' };
}

function endedBy(error: CoreError): Exclude<ReapOutcome, { readonly kind: 'finished' }> {
  return { kind: error.code === 'OwnersUnknown' ? 'braked' : 'interrupted', error };
}

/** What was taken away is seen no more; what could not be waits behind the others, so that a cap starves nobody. */
function sightingsAfter({ gone, stuck }: Pass, { sightings }: Sighted): OrphanSighting[] {
  return sightings
    .filter(({ key }) => !gone.has(key))
    .map((sighting) => {
      if (!stuck.has(sighting.key)) return sighting;
      return { ...sighting, failures: (sighting.failures ?? 0) + 1 };
    });
}

/**
 * Every pod that any list of the pass had: one that is behind may have missed a pod that just began, and what a pod leaves that began
 * and ended during the pass has waited for no grace.
 */
function ownersIn({ shown }: Pass, latest: LivePods): LivePods {
  return { ...latest, pods: [...shown.values()] };
}

/** False for what has an owner by any list that the pass got. */
function isUnowned(observed: ObservedPool, live: LivePods): (sighting: OrphanSighting) => boolean {
  const { orphans } = planReap(observed, live);
  const keys = new Set(orphans.map(({ key }) => key));
  return ({ key }) => keys.has(key);
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
    const live = await ownersOf(request);
    for (const pod of live.pods) pass.shown.set(pod.uid, pod);
    const { orphans }: ReapPlan = planReap(observed, ownersIn(pass, live));
    // what somebody who came since, and died, has left there waits for its own grace
    const isIt = ({ key }: Orphan): boolean => key === orphan.key || orphan.laterKeys.includes(key);
    const isDue = (step: CloudStep): boolean => isAmong(step, orphan.steps) && !isAmong(step, done);
    const due = orphans.filter((one) => isIt(one) && one.steps.some(isDue));
    const claims = await claimsOf(request);
    if (due.some((one) => isClaimed(one, claims))) {
      pass.claimed.add(orphan.key);
      return [];
    }
    return due.flatMap(({ steps }) => steps.filter(isDue));
  };
  await converge<readonly CloudStep[], CloudStep>({
    what: `taking away ${orphan.what}`,
    maxRounds: orphan.steps.length + extraRounds,
    signal: request.signal,
    observe: look,
    plan: (steps) => (gaveUp.length > 0 ? [] : steps.slice(0, 1)),
    apply: async (step) => {
      try {
        if ((await carryOut(session, step)) !== 'done') return 'look-again';
        done.push(step);
        pass.applied.push(step);
      } catch (error) {
        if (isNotSent(error) && session.patience-- > 0) return 'look-again';
        gaveUp.push(step);
        pass.failed.push({ step, error: translateEc2Error(error, nameStep(step)) });
      }
      return 'done';
    },
  });
  if (gaveUp.length === 0 && !pass.claimed.has(orphan.key)) pass.gone.add(orphan.key);
  else pass.stuck.add(orphan.key);
}
