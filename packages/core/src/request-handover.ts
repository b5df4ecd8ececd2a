import { boundedLiveness } from './bounded-liveness.ts';
import type { Ec2Api, ElasticIp } from './cloud/ec2/ec2-api.ts';
import type { CloudStepEvent } from './cloud/identity-grant.ts';
import type { Liveness, LivePods } from './cloud/liveness.ts';
import {
  openSession,
  sessionForUndo,
  throwIfAborted,
  type CloudSession,
} from './cloud/observe/cloud-session.ts';
import { readPool } from './cloud/observe/observe-cloud.ts';
import { requestOn } from './cloud/observe/shown-request.ts';
import { ownerRecordOf } from './cloud/observe/view.ts';
import { doubtAboutHolder, planHandover, type HandoverPlan } from './cloud/plan-handover.ts';
import { isNamed } from './cloud/plan/choose-address.ts';
import { carryOut } from './cloud/steps/carry-out.ts';
import type { CloudStep, TagStep } from './cloud/steps/cloud-step.ts';
import { CoreError } from './errors.ts';
import { holderSilent, holderUnknown, requireOfZone, requireTellable } from './handover-errors.ts';
import type { Clock } from './identity/clock.ts';
import type { Owner } from './identity/owner.ts';

/** Which address is to come to whom. */
export interface HandoverRequest {
  readonly pool: string;
  /** Its public IP, or its allocation id. */
  readonly address: string;
  /** The pod that is to have it. */
  readonly by: Owner;
  /**
   * Its private IP, if it has one by now: what is associated with that already is its own to claim, be it that its record is not written yet, or is that of a dead pod which
   * had the private IP before. Default not known: then that is somebody else's.
   */
  readonly privateIp?: string | undefined;
  /**
   * The zone of the network interface that is to have it, such as us-west-2-lax-1a: an address of another network border group is not asked
   * for. Default not known, and then it is.
   */
  readonly availabilityZone?: string;
  /**
   * How long its holder is waited for, in milliseconds; default 90000, three intervals of a keep. By the monotonic clock; the request's tag says it as a time by the
   * wall clock of who asks. A holder, or its controller, whose wall clock is ahead by as much as this less one interval of the keep does not heed it
   * in time; who chooses addresses with a wall clock that is ahead, or behind, may give the address to another so much earlier, or keeps it for `by` so much
   * longer. With the defaults and clocks that differ by less than a minute the holder hears it.
   */
  readonly timeoutMs?: number;
  /**
   * How long no list of live pods must have had the holder before it counts as dead, in milliseconds; default 30000, one interval of a keep:
   * a list may be from before the holder's pod was made. 0 believes the first list: for one that is never behind, read from the API server itself.
   */
  readonly graceMs?: number;
  /**
   * How long a list of live pods is waited for, in milliseconds, each time it is asked for; default 30,000. A list that does not come is as
   * good as none.
   */
  readonly livePodsTimeoutMs?: number;
  /**
   * Takes it from a holder that has not answered and is not proven dead. Default no. **That risks two pods that advertise
   * one address**: the old one goes on with its publication, its calls and its public /32 until its own keep sees the loss (one interval,
   * if it reaches EC2 at all; without a keep, for ever), and what it sends is lost or has another source meanwhile.
   */
  readonly force?: 'risk-two-holders';
}

/** What a handover works with. */
export interface HandoverPorts {
  readonly ec2: Ec2Api;
  readonly clock: Clock;
  /** Proves holders dead; default nobody can. */
  readonly live?: Liveness;
  readonly onStep?: (event: CloudStepEvent) => void;
  readonly signal?: AbortSignal;
}

/** An address that is free for `by` to claim. */
export interface HandoverReport {
  readonly publicIp: string;
  readonly allocationId: string;
  /**
   * `handed-over`: the holder has fenced itself first, and taken its record off, which it does last. `was-free` says nothing of who had it.
   */
  readonly outcome: 'was-free' | 'already-ours' | 'handed-over' | 'holder-dead' | 'forced';
  /** Who had it. */
  readonly holder: Owner | undefined;
}

const defaultTimeoutMs = 90_000;
const defaultGraceMs = 30_000;
/** The record of a claim follows it, and a describe may show the one without the other. */
const unrecordedMs = 10_000;
const lookEveryMs = 2000;
const nobodyKnown: LivePods = { complete: false, pods: [] };

interface Run {
  readonly session: CloudSession;
  readonly request: HandoverRequest;
  readonly ports: HandoverPorts;
  readonly timeoutMs: number;
  readonly untilMs: number;
  readonly overAtMs: number;
  /** What was written to ask, and is deleted when nothing comes of it. */
  asking: TagStep | undefined;
  asked: string | undefined;
  taken: 'holder-dead' | 'forced' | undefined;
  holder: Owner | undefined;
  /** Whom no list has had, and since when, by the monotonic clock. */
  missing: { readonly uid: string; readonly sinceMs: number } | undefined;
  /** Since when it has been associated without a record. */
  unrecordedSinceMs: number | undefined;
  /** How many looks in a row showed it free: one may be from before it was claimed. */
  freeLooks: number;
}

/**
 * Brings an Elastic IP from the pod that holds it to another one. The holder's keep sees the request at its next
 * look at EC2, in managed mode in its claim once the controller has looked, withdraws the publication, takes the public /32 off its link, gives all of it back in EC2 and ends as
 * `lost`, `handed-over`; then the address is free, which this waits for. Claim it with
 * `ensurePublicIdentity({ ...spec, address })`, which deletes the request: until its time is over nobody else is given the address. Wall clocks are compared: see `timeoutMs`.
 * Safe to call again after a crash anywhere.
 * @throws CoreError SpecInvalid for names that do not fit into EC2's tags; AddressUnavailable for an address that the pool has not; WrongNetworkBorderGroup for one that EC2 would not associate in the zone; HolderUnknown for one that is associated
 * without an owner record; HolderSilent when the holder neither let go in time nor is proven dead: it keeps the
 * address, and the request is withdrawn; Aborted.
 */
export async function requestHandover(
  request: HandoverRequest,
  ports: HandoverPorts,
): Promise<HandoverReport> {
  const { ec2, clock, onStep, signal } = ports;
  requireTellable(request);
  const { timeoutMs = defaultTimeoutMs } = request;
  const run: Run = {
    session: openSession({ ec2, clock, onStep, signal }),
    request,
    ports,
    timeoutMs,
    untilMs: clock.now() + timeoutMs,
    overAtMs: clock.elapsed() + timeoutMs,
    asking: undefined,
    asked: undefined,
    taken: undefined,
    holder: undefined,
    missing: undefined,
    unrecordedSinceMs: undefined,
    freeLooks: 0,
  };
  try {
    return await negotiate(run);
  } catch (error) {
    await askNoMore(run, run.asking);
    throw error;
  }
}

async function negotiate(run: Run): Promise<HandoverReport> {
  for (;;) {
    const address = await find(run);
    // who could not have it in the end takes it off nobody
    requireOfZone(address, run.request.availabilityZone);
    const live = await whoLives(run);
    const dead = deadHolder(run, address, live);
    const plan = planHandover({ ...handoverOf(run), dead }, address, live);
    const outcome = await follow(run, plan);
    if (outcome !== undefined) {
      const { publicIp, allocationId } = address;
      const seen = requestOn(address);
      // until then it keeps the address for who asked, who deletes it with the claim
      const isPast = seen !== undefined && seen.untilMs <= run.ports.clock.now();
      if (isPast) await askNoMore(run, { allocationId, value: seen.value });
      return { publicIp, allocationId, outcome, holder: run.holder };
    }
  }
}

/** EC2 first, then who lives. */
async function find({ session, request }: Run): Promise<ElasticIp> {
  const pool = await readPool(session, request.pool);
  const address = pool.find((one) => isNamed(one, request.address));
  if (address !== undefined) return address;
  throw new CoreError({
    code: 'AddressUnavailable',
    message: `Asking for ${request.address}: pool ${request.pool} does not have it`,
    remedy: `Name a public IP or an allocation id of an Elastic IP that is tagged truetuple/pool=${request.pool}.`,
    retry: 'never',
  });
}

async function whoLives({ request, ports: { live, signal } }: Run): Promise<LivePods> {
  if (live === undefined) return nobodyKnown;
  const bounded = boundedLiveness(live, request.livePodsTimeoutMs);
  return bounded.livePods({ signal }).catch(() => nobodyKnown);
}

/** The UID of its holder, once no list of live pods has had it for long enough. */
function deadHolder(run: Run, address: ElasticIp, live: LivePods): string | undefined {
  // nobody knows who lives: that neither begins nor ends anything
  if (!live.complete) return undefined;
  const uid = ownerRecordOf(address)?.owner.uid;
  if (uid === undefined || doubtAboutHolder(address, live) !== undefined) {
    run.missing = undefined;
    return undefined;
  }
  const nowMs = run.ports.clock.elapsed();
  if (run.missing?.uid !== uid) run.missing = { uid, sinceMs: nowMs };
  const { graceMs = defaultGraceMs } = run.request;
  return nowMs - run.missing.sinceMs >= graceMs ? uid : undefined;
}

function handoverOf({ request, ports, untilMs, overAtMs, asked }: Run) {
  return {
    by: request.by,
    privateIp: request.privateIp,
    untilMs,
    isOver: ports.clock.elapsed() >= overAtMs,
    force: request.force === 'risk-two-holders',
    asked,
  };
}

/** Undefined: look again. */
async function follow(
  run: Run,
  plan: HandoverPlan,
): Promise<HandoverReport['outcome'] | undefined> {
  if (plan.kind !== 'free') run.freeLooks = 0;
  if (plan.kind !== 'unknown-holder') run.unrecordedSinceMs = undefined;
  switch (plan.kind) {
    case 'ours':
      return 'already-ours';
    case 'free':
      return free(run, plan.isGivenUp);
    case 'unknown-holder': {
      const nowMs = run.ports.clock.elapsed();
      run.unrecordedSinceMs ??= nowMs;
      if (nowMs - run.unrecordedSinceMs >= unrecordedMs) throw holderUnknown(run.request);
      await waitABit(run);
      return undefined;
    }
    case 'silent':
      throw holderSilent(run.request, plan, run.timeoutMs);
    case 'ask':
      run.asking = plan.step;
      if ((await carryOut(run.session, plan.step)) === 'done') run.asked = plan.associationId;
      return undefined;
    case 'take':
      if ((await carryOut(run.session, plan.step)) === 'done') run.taken = plan.because;
      await waitABit(run);
      return undefined;
    case 'wait':
      run.holder = plan.holder ?? run.holder;
      await waitABit(run);
      return undefined;
    default:
      return plan satisfies never;
  }
}

async function free(run: Run, isGivenUp: boolean): Promise<HandoverReport['outcome'] | undefined> {
  run.freeLooks += 1;
  if (run.freeLooks < 2) {
    await waitABit(run);
    return undefined;
  }
  if (run.taken !== undefined) return run.taken;
  return run.asked !== undefined && isGivenUp ? 'handed-over' : 'was-free';
}

async function waitABit({ session, request }: Run): Promise<void> {
  try {
    await session.clock.wait(lookEveryMs, session.signal);
  } catch (error) {
    throwIfAborted(session, `waiting for ${request.address}`);
    throw error;
  }
}

/** A request that stands would make the next holder's hold doubtful for a person who reads it. */
async function askNoMore(
  { session }: Run,
  asking: Pick<TagStep, 'allocationId' | 'value'> | undefined,
): Promise<void> {
  if (asking === undefined) return;
  const undo = sessionForUndo(session);
  const { allocationId, value } = asking;
  const step: CloudStep = { kind: 'untag-handover', allocationId, value };
  // it names one hold, and nobody heeds it once its time is over: that it stays harms nobody
  await carryOut({ ...undo, patience: 3 }, step).catch(() => {});
}
