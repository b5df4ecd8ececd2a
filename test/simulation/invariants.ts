import type { HandoverReport, KeepEvent, PublicIdentity } from '@truetuple/core';
import type { Ec2Change } from '@truetuple/core/testing';
import { hasItsIpv6, judgeIpv6Loss } from './dual-stack/judge-ipv6.ts';
import { judgeGivenUp, judgeHandover } from './handover/judge-handover.ts';
import { judgeChange } from './judge-change.ts';
import { controlIntervalMs } from './managed/managed-cluster.ts';
import { fairMs, staleMs } from './region.ts';
import { Truth } from './truth.ts';
import { concerns, isAtPod, madeFor, whatIsWrong, type Watched } from './watched.ts';
import type { Pod, World } from './world.ts';

/** In the first five minutes after a claim only our own record on another association proves a theft. */
const claimAgeMs = 5 * 60_000;

/** What must hold at every moment, judged at every change. */
export class Invariants {
  readonly truth: Truth = new Truth();
  readonly #world: World;
  readonly #intervalMs: number;
  readonly #watched: Map<Pod, Watched> = new Map();

  constructor(world: World, intervalMs: number) {
    this.#world = world;
    this.#intervalMs = intervalMs;
    world.truth = this.truth;
    world.region.ec2.onChange((change) => this.#changed(change));
    this.reread();
  }

  reread(): void {
    const { region, nowMs } = this.#world;
    for (const allocationId of this.truth.reread(region.ec2, nowMs)) this.#moved(allocationId);
    for (const pod of this.#watched.keys()) this.#judge(pod);
  }

  /** Within this a connected keep must have noticed what is not so. */
  get boundMs(): number {
    const { region, managed } = this.#world;
    const isLagging = region.lagMs > 0;
    const intervals = isLagging ? 2 : 1;
    const lateMs = (isLagging ? staleMs : 0) + 15_000;
    if (managed === undefined) return intervals * this.#intervalMs + lateMs;
    // the controller compares after half an interval of rest at the earliest; then the keep hears of it
    return (intervals + 1) * controlIntervalMs + managed.watchLagMs + lateMs;
  }

  // -- what a pod does ---------------------------------------------------------------------------------

  published(pod: Pod, was: PublicIdentity | undefined): void {
    const identity = pod.published;
    if (identity === undefined) {
      this.#judge(pod);
      return;
    }
    pod.publications += 1;
    this.#world.managed?.judgePublication(pod, identity);
    const watched = this.#watch(pod);
    watched.publishedMs = this.#world.nowMs;
    if (was?.associationId !== identity.associationId) watched.falseSinceMs = undefined;
    const last = this.#lastFalse.get(identity.associationId);
    this.#judge(pod);
    // what is published anew is no truer for it
    if (watched.falseSinceMs !== undefined && last !== undefined) watched.falseSinceMs = last;
    if (watched.falseSinceMs === undefined) {
      this.#requireAlone(pod, identity);
      return;
    }
    const endedMs = this.truth.endOf(identity.associationId);
    const { managed } = this.#world;
    const disturbedUntilMs = Math.max(
      pod.process?.disturbedUntilMs ?? 0,
      managed?.disturbedUntilMs ?? 0,
    );
    const isDisturbed = disturbedUntilMs > this.#world.nowMs;
    const association = this.truth.association(identity.allocationId);
    if (association?.associationId === identity.associationId) return;
    // a keep proves the link anew; what EC2 has it notices within its bound, whether it was published when that changed or not
    if (last !== undefined && pod.process?.phase === 'keep') return;
    const isStillSaid = managed?.claimsHave(identity.associationId, pod) === true;
    if (isStillSaid && endedMs !== undefined) {
      // who finds a claim granted knows of EC2 what a controller last saw: the bound runs from the end
      watched.falseSinceMs = endedMs;
      return;
    }
    const heardMs = managed === undefined ? 0 : 3000 + managed.watchLagMs;
    const sinceMs = this.#world.nowMs - fairMs(this.#world.region, isDisturbed) - heardMs;
    if (endedMs === undefined || endedMs < sinceMs) {
      this.#world.violate(
        `${pod.name} (${pod.uid}) advertises ${identity.publicIp} by ${identity.associationId}, which ${endedMs === undefined ? 'never was' : `ended at ${endedMs}`}`,
      );
    }
  }

  #requireAlone(pod: Pod, { publicIp }: PublicIdentity): void {
    for (const [other, { falseSinceMs }] of this.#watched) {
      if (other === pod || other.published?.publicIp !== publicIp) continue;
      if (falseSinceMs !== undefined) continue;
      this.#world.violate(`${pod.name} and ${other.name} both hold ${publicIp}`);
    }
  }

  keeps(pod: Pod): void {
    this.#watch(pod).keepsSinceMs = this.#world.nowMs;
    this.#judge(pod);
  }

  kept(pod: Pod, event: KeepEvent): void {
    if (event.kind !== 'lost') return;
    const allocationId = this.#lastAllocation.get(pod);
    const held = allocationId === undefined ? undefined : this.truth.association(allocationId);
    if (this.#world.managed?.wasDeletedByHand(pod) === true) return;
    if (event.because === 'handed-over') {
      const associationId = this.#lastAssociation.get(pod) ?? '';
      const last = { associationId, allocationId: allocationId ?? '' };
      judgeGivenUp(this.#world, this.truth, pod, last);
      return;
    }
    if (event.because === 'ipv6-taken') {
      // what is advertised together is lost together
      judgeIpv6Loss(this.#world, this.truth, pod, this.#lastIpv6.get(pod) ?? '');
      return;
    }
    if (held === undefined || !isAtPod(held, pod)) return;
    if (held.associationId === this.#lastAssociation.get(pod)) {
      this.#world.violate(
        `${pod.name} (${pod.uid}) fenced ${held.publicIp}, of which it still has ${held.associationId}`,
      );
      return;
    }
    if (held.sinceMs < this.#world.nowMs - fairMs(this.#world.region, true)) {
      this.#world.violate(`${pod.name} (${pod.uid}) fenced ${held.publicIp}, which it held`);
    }
  }

  handedOver(report: HandoverReport): void {
    judgeHandover(this.#world, this.truth, report);
  }

  /** A keep says that it has fenced: then nothing of it is published. */
  fenced({ name, uid, published }: Pod): void {
    if (published === undefined) return;
    this.#world.violate(`${name} (${uid}) fenced and left ${published.publicIp} published`);
  }

  /** By association that has been published: from when on what was advertised with it was not so, or would not have been. */
  readonly #lastFalse: Map<string, number> = new Map();
  readonly #lastAllocation: Map<Pod, string> = new Map();
  readonly #lastAssociation: Map<Pod, string> = new Map();
  readonly #lastIpv6: Map<Pod, string> = new Map();

  disturbed(pod: Pod): void {
    const watched = this.#watched.get(pod);
    if (watched !== undefined) watched.keepsSinceMs = undefined;
  }

  ended(pod: Pod): void {
    this.#watched.delete(pod);
  }

  #watch(pod: Pod): Watched {
    const known = this.#watched.get(pod);
    if (known !== undefined) return known;
    const watched: Watched = {
      falseSinceMs: undefined,
      unroutedSinceMs: undefined,
      lacksIpv6SinceMs: undefined,
      keepsSinceMs: undefined,
      publishedMs: this.#world.nowMs,
    };
    this.#watched.set(pod, watched);
    return watched;
  }

  // -- what is advertised and is it so -----------------------------------------------------------------

  #judge(pod: Pod): void {
    const watched = this.#watched.get(pod);
    if (watched === undefined) return;
    const { published } = pod;
    if (published === undefined || !pod.hasNamespace) {
      watched.falseSinceMs = undefined;
      watched.unroutedSinceMs = undefined;
      watched.lacksIpv6SinceMs = undefined;
      return;
    }
    this.#lastAllocation.set(pod, published.allocationId);
    this.#lastAssociation.set(pod, published.associationId);
    if (published.publicIpv6 !== undefined) this.#lastIpv6.set(pod, published.publicIpv6.address);
    const association = this.truth.association(published.allocationId);
    const place = pod.host.networkInterfaceId;
    const isTrue =
      association !== undefined &&
      isAtPod(association, pod) &&
      this.truth.privateIpSince(place, pod.privateIp) !== undefined;
    const isRouted = this.#world.region.routeTableIds.every(
      (id) => this.truth.route(id, `${published.publicIp}/32`)?.networkInterfaceId === place,
    );
    if (isTrue) watched.falseSinceMs = undefined;
    else if (watched.falseSinceMs === undefined) {
      watched.falseSinceMs = this.#world.nowMs;
      this.#lastFalse.set(published.associationId, this.#world.nowMs);
      this.#checkLater(pod, this.boundMs);
    }
    if (!isTrue || isRouted) watched.unroutedSinceMs = undefined;
    else if (watched.unroutedSinceMs === undefined) {
      watched.unroutedSinceMs = this.#world.nowMs;
      this.#checkLater(pod, this.boundMs);
    }
    if (hasItsIpv6(pod, this.truth)) watched.lacksIpv6SinceMs = undefined;
    else if (watched.lacksIpv6SinceMs === undefined) {
      watched.lacksIpv6SinceMs = this.#world.nowMs;
      this.#checkLater(pod, this.boundMs);
    }
  }

  #checkLater(pod: Pod, ms: number): void {
    this.#world.scheduler.after(ms, () => this.#check(pod));
  }

  #check(pod: Pod): void {
    const watched = this.#watched.get(pod);
    const { falseSinceMs, unroutedSinceMs, lacksIpv6SinceMs, keepsSinceMs } = watched ?? {};
    const sinceMs = falseSinceMs ?? unroutedSinceMs ?? lacksIpv6SinceMs;
    if (watched === undefined || sinceMs === undefined) return;
    // no keep: nobody could know
    if (keepsSinceMs === undefined || pod.process?.isAlive !== true) {
      this.#checkLater(pod, this.boundMs);
      return;
    }
    const { managed, nowMs } = this.#world;
    const ableMs = Math.max(
      keepsSinceMs,
      pod.process.disturbedUntilMs,
      pod.host.partitionedUntilMs + 10_000,
      pod.host.storeCutUntilMs + 10_000,
      managed?.ableSinceMs ?? 0,
    );
    const deadlineMs = Math.max(ableMs, this.#noticeableMs(watched, pod)) + this.boundMs;
    if (nowMs < deadlineMs) {
      this.#checkLater(pod, Number.isFinite(deadlineMs) ? deadlineMs - nowMs + 1 : this.boundMs);
      return;
    }
    this.#world.violate(
      `${pod.name} (${pod.uid}) ${whatIsWrong(watched, pod)} since ${Math.round(sinceMs)} ms, bound ${this.boundMs} ms`,
    );
  }

  #noticeableMs(watched: Watched, pod: Pod): number {
    const { falseSinceMs, unroutedSinceMs, lacksIpv6SinceMs = 0, publishedMs } = watched;
    const taken =
      falseSinceMs === undefined
        ? this.truth.ipv6.at(pod.published?.publicIpv6?.address ?? '')
        : this.truth.association(pod.published?.allocationId ?? '');
    if (falseSinceMs === undefined && unroutedSinceMs !== undefined) return unroutedSinceMs;
    // a controller knows no claim for longer than it has reigned
    const knownMs = Math.max(publishedMs, this.#world.managed?.reignsSinceMs ?? -Infinity);
    const sinceMs = falseSinceMs ?? lacksIpv6SinceMs;
    return taken === undefined ? sinceMs : Math.max(sinceMs, knownMs + claimAgeMs);
  }

  /** Who has the address now is another: what a keep can know begins anew. */
  #moved(allocationId: string): void {
    const { nowMs } = this.#world;
    for (const [pod, watched] of this.#watched) {
      if (this.#lastAllocation.get(pod) !== allocationId) continue;
      if (watched.falseSinceMs !== undefined) watched.falseSinceMs = nowMs;
      const last = this.#lastAssociation.get(pod);
      if (last !== undefined) this.#lastFalse.set(last, nowMs);
    }
  }

  #movedIpv6(address: string): void {
    for (const [pod, watched] of this.#watched) {
      if (this.#lastIpv6.get(pod) !== address) continue;
      if (watched.lacksIpv6SinceMs !== undefined) watched.lacksIpv6SinceMs = this.#world.nowMs;
    }
  }

  // -- what is done to others --------------------------------------------------------------------------

  #changed(change: Ec2Change): void {
    const { nowMs, actor } = this.#world;
    this.#world.note('ec2', change.kind, change);
    judgeChange(this.#world, this.truth, change);
    this.truth.follow(change, nowMs, madeFor(actor, change)?.uid);
    if ('allocationId' in change) this.#moved(change.allocationId);
    if ('ipv6Address' in change) this.#movedIpv6(change.ipv6Address);
    for (const pod of this.#watched.keys()) if (concerns(change, pod)) this.#judge(pod);
  }
}
