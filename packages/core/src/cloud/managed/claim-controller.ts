import type { LivePods } from '../liveness.ts';
import { mergeOwnWrites } from '../observe/own-writes.ts';
import { planCloud, type CloudPlan } from '../plan/plan-cloud.ts';
import { refusePlan } from '../plan/refuse-plan.ts';
import { translateEc2Error } from '../steps/translate-ec2-error.ts';
import { followClaims, type ClaimChanges } from './claim-changes.ts';
import { sayIpv6Held } from './claim-ipv6.ts';
import {
  addressesOf,
  breakPromise,
  newWork,
  refreshWork,
  soonMs,
  wakeWhoWaits,
  type ClaimWork,
} from './claim-work.ts';
import { isRefusedByPod, nameClaim, type IdentityClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';
import { finishClaim, giveBackRefused } from './finish-claim.ts';
import { heirOf } from './heir.ts';
import { AddressTaken, holdClaim } from './hold-claim.ts';
import { isWhole, lookAfterClaim } from './look-after-claim.ts';
import { lookAtPlaces, placeOf, type Placed } from './place-claims.ts';
import { isPlaceShared, needsLiveness, sortErrands, type Errands } from './sort-errands.ts';
import { standBy } from './stand-by.ts';
import { concerning, Standstill } from './standstill.ts';
import { plannedAddress, wantedFor } from './want-claim.ts';
import { ClaimMoved, writeTrouble } from './write-status.ts';
import type { WriterLease } from './writer-lease.ts';

export interface ControllerParts extends Omit<ControlPorts, 'signal'> {
  readonly lease: WriterLease;
}

export type ControllerTimes = Readonly<Record<'intervalMs' | 'graceMs', number>>;

/** So long claims gather after the first change; and so long lies from one pass to the next. */
const gatherMs = 100;
const gapMs = 500;

const nobodyKnown: LivePods = { complete: false, pods: [] };

type Looked = Pick<Errands, 'lead' | 'lookAfter'>;

function isNoneFree({ kind }: CloudPlan): boolean {
  return kind === 'pool-exhausted' || kind === 'address-unavailable';
}

/** Passes over all claims of a pool, while the lease is held: from the world, what is remembered only saves time. */
export class ClaimController {
  readonly #parts: ControllerParts;
  readonly #times: ControllerTimes;
  readonly #stop = new AbortController();
  readonly #works = new Map<string, ClaimWork>();
  readonly #tasks = new Set<Promise<void>>();
  /** Carried out since claims were read last. */
  readonly #done = new Set<ClaimWork>();
  readonly #changes: ClaimChanges;
  /** Aborted when the lease is lost, or nothing gets on; undefined while the lease is not held. */
  #reign: AbortController | undefined;
  readonly #standstill: Standstill;
  #nextFullMs = 0;

  constructor(parts: ControllerParts, times: ControllerTimes) {
    this.#parts = parts;
    this.#times = times;
    this.#standstill = new Standstill(times.intervalMs);
    this.#changes = followClaims(parts.claims, parts.clock);
  }

  async run(): Promise<void> {
    const { clock, lease } = this.#parts;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      if (!lease.isHeld()) {
        this.#abdicate();
        await standBy(this.#parts, signal, (error) => this.#tell(error, undefined));
        continue;
      }
      const beganMs = clock.elapsed();
      await this.#pass(beganMs).catch((error: unknown) => this.#tell(error, undefined));
      const restMs = Math.max(0, gapMs - (clock.elapsed() - beganMs));
      await clock.wait(restMs, signal).catch(() => {});
      await this.#changes.next(this.#quietMs(), signal).catch(() => {});
      await clock.wait(gatherMs, signal).catch(() => {});
    }
    this.#abdicate();
    this.#changes.close();
    await Promise.all(this.#tasks);
  }

  stop(): void {
    this.#stop.abort();
  }

  #quietMs(): number {
    const nowMs = this.#parts.clock.elapsed();
    const rests = [...this.#works.values()].flatMap(({ restsUntilMs }) =>
      restsUntilMs > nowMs ? [restsUntilMs] : [],
    );
    const until = [this.#nextFullMs, this.#standstill.untilMs ?? Infinity, ...rests];
    return Math.max(0, Math.min(...until) - nowMs);
  }

  #abdicate(): void {
    this.#reign?.abort();
    this.#reign = undefined;
    this.#works.clear();
  }

  get #ports(): ControlPorts {
    return { ...this.#parts, signal: (this.#reign ?? this.#stop).signal };
  }

  async #pass(nowMs: number): Promise<void> {
    if (this.#reign?.signal.aborted !== false) {
      // two tasks of one claim would not know of each other
      await Promise.all(this.#tasks);
      this.#reign = new AbortController();
      this.#nextFullMs = nowMs;
    }
    const isFull = nowMs >= this.#nextFullMs;
    if (isFull) this.#nextFullMs = nowMs + this.#times.intervalMs;
    const { claims, pool } = this.#parts;
    for (const work of this.#done) work.isBusy = false;
    this.#done.clear();
    this.#remember((await claims.list()).filter(({ spec }) => spec.identity.pool === pool));
    const works = [...this.#works.values()];
    const live = needsLiveness(works, isFull) ? await this.#whoLives() : nobodyKnown;
    const { graceMs, intervalMs } = this.#times;
    const restMs = intervalMs / 2;
    const errands = sortErrands({ works, live, nowMs, graceMs, restMs, isFull });
    const all = works.map(({ claim }) => claim);
    for (const { work, isPlaceTaken } of errands.finish) {
      const heir = heirOf(work.claim, all);
      const errand = { work, isPlaceTaken, heir: heir && this.#works.get(heir.uid) };
      this.#start(work, async () => {
        await finishClaim(this.#ports, errand);
        wakeWhoWaits(this.#works.values());
      });
    }
    for (const { work, rival } of errands.wait) this.#start(work, () => sayIpv6Held(work, rival));
    await this.#leadAll(await this.#unstopped(errands, nowMs), works);
  }

  /** Claims that are gone are forgotten; one whose pod changed it does not rest any longer. */
  #remember(claims: readonly IdentityClaim[]): void {
    const uids = new Set(claims.map(({ uid }) => uid));
    for (const uid of this.#works.keys()) if (!uids.has(uid)) this.#works.delete(uid);
    for (const claim of claims) {
      const work = this.#works.get(claim.uid);
      if (work === undefined) this.#works.set(claim.uid, newWork(this.#ports, claim));
      else if (!work.isBusy) refreshWork(this.#ports, work, claim);
    }
  }

  #whoLives(): Promise<LivePods> {
    return this.#parts.live.livePods().catch(() => nobodyKnown);
  }

  /** What is granted is looked after, and what has ended given back, whatever keeps others from being led on. */
  async #unstopped({ lead, lookAfter }: Errands, nowMs: number): Promise<Looked> {
    const error = this.#standstill.at(nowMs);
    if (error === undefined) return { lead, lookAfter };
    const untold = lead.filter(({ claim }) => claim.status?.trouble?.code !== error.code);
    await Promise.allSettled(untold.map((work) => writeTrouble(this.#ports, work, error)));
    return { lead: [], lookAfter };
  }

  /** Plans for all that are due at once, from one view, and begins to carry it out. */
  async #leadAll({ lead, lookAfter }: Looked, works: readonly ClaimWork[]): Promise<void> {
    const placed = await this.#place([...lead, ...lookAfter]);
    if (placed.length === 0) return;
    const seen = await lookAtPlaces(this.#ports, placed).catch(async (error: unknown) => {
      const led = placed.filter(({ work }) => lead.includes(work));
      await Promise.all(led.map(({ work }) => this.#failed(work, error)));
      throw error;
    });
    const view = mergeOwnWrites(
      seen,
      works.flatMap((work) => work.session.writes),
    );
    const due = placed.filter(({ work }) => lead.includes(work) && !work.isBusy);
    const others = works.filter((work) => !due.some((one) => one.work === work));
    const taken = new Set(others.flatMap((work) => addressesOf(work)));
    const wanted = due.map(({ work, place }) => wantedFor(work, place));
    const plans = planCloud(wanted, view, taken);
    for (const [at, { work, place }] of due.entries()) {
      const [plan, want] = [plans[at], wanted[at]];
      if (plan === undefined || want === undefined) continue;
      const address = plannedAddress(plan, want, view);
      if (address !== undefined && taken.has(address.allocationId)) {
        // describes show it on this private IP, from before another claim had it
        work.restsUntilMs = this.#parts.clock.elapsed() + soonMs;
      } else if (address !== undefined) {
        work.leadsTo = address.allocationId;
        this.#start(work, () => holdClaim(this.#ports, { work, place, view, address }));
      } else if (plan.kind !== 'steps') {
        const { privateIp, networkInterfaceId } = want;
        const spec = work.claim.spec.identity;
        const error = refusePlan({ plan, spec, privateIp, networkInterfaceId });
        const isUseless = isNoneFree(plan) && isRefusedByPod(work.claim);
        const isAlone = !isPlaceShared(work, works);
        this.#start(work, async () => {
          if (isUseless && isAlone) await this.#giveBackRefused(work);
          throw error;
        });
      }
    }
    for (const { work, place } of placed) {
      const phase = work.claim.status?.phase;
      if (phase?.kind !== 'granted' || work.isBusy || !lookAfter.includes(work)) continue;
      // what somebody else undid is not to be hidden by what we remember
      if (
        isWhole(work, phase, place, { view: seen, ports: this.#ports }) &&
        work.claim.status?.trouble === null
      )
        continue;
      this.#start(work, () => lookAfterClaim(this.#ports, work, phase));
    }
  }

  async #giveBackRefused(work: ClaimWork): Promise<void> {
    await giveBackRefused(this.#ports, work);
    wakeWhoWaits(this.#works.values());
  }

  async #place(works: readonly ClaimWork[]): Promise<Placed[]> {
    const found = await Promise.all(
      works.map(async (work): Promise<Placed[]> => {
        try {
          work.place ??= await placeOf(this.#ports, work.claim);
          return [{ work, place: work.place }];
        } catch (error) {
          await this.#failed(work, error);
          return [];
        }
      }),
    );
    return found.flat();
  }

  #start(work: ClaimWork, act: () => Promise<void>): void {
    work.isBusy = true;
    const task = act()
      .then(() => this.#standstill.wentWell())
      .catch((error: unknown) => this.#failed(work, error))
      .finally(() => {
        this.#done.add(work);
        work.leadsTo = undefined;
        work.usedAtMs = this.#parts.clock.elapsed();
        this.#tasks.delete(task);
        this.#changes.wake();
      });
    this.#tasks.add(task);
  }

  /** What becomes of a claim that did not get on. Never rejects: who fails here is tried again. */
  async #failed(work: ClaimWork, error: unknown): Promise<void> {
    const nowMs = this.#parts.clock.elapsed();
    if (error instanceof ClaimMoved) return;
    if (error instanceof AddressTaken) return breakPromise(work, error, nowMs);
    const trouble = concerning(
      translateEc2Error(error, `leading on claim ${nameClaim(work.claim)}`),
    );
    if (trouble.code === 'Aborted' || trouble.code === 'LeaseLost') return;
    if (this.#standstill.begins(trouble, nowMs)) this.#reign?.abort();
    const againMs = trouble.retry === 'now' ? nowMs + soonMs : nowMs + this.#times.intervalMs;
    work.restsUntilMs = Math.min(againMs, this.#standstill.untilMs ?? Infinity);
    work.place = undefined;
    // what was refused then may be free at the next try
    work.excluded.clear();
    work.hasMetNotOurs = false;
    this.#tell(trouble, work);
    await writeTrouble(this.#ports, work, trouble).catch(() => {});
  }

  #tell(error: unknown, work: ClaimWork | undefined): void {
    const trouble = translateEc2Error(error, 'controlling claims');
    if (trouble.code === 'Aborted') return;
    this.#parts.onTrouble?.(trouble, work?.claim);
  }
}
