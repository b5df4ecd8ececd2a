import type {
  AddressPromise,
  ClaimKey,
  ClaimPhase,
  Grant,
  IdentityClaim,
  PublicIdentity,
} from '@truetuple/core';
import { MemoryClaimStore } from '@truetuple/core/testing';
import { disturbedMs, type Pod, type World } from '../world.ts';
import type { SimulatedHost } from '../simulated-host.ts';
import type { SimulatedProcess } from '../simulated-process.ts';
import { LeaseServer, type SimulatedLease } from './lease-server.ts';

/** From one comparison of all that is granted with EC2 to the next, in milliseconds. */
export const controlIntervalMs = 30_000;

/** What a claim has, or was promised. */
export function addressIn({ status }: IdentityClaim): AddressPromise | Grant | undefined {
  const phase = status?.phase;
  if (phase === undefined || phase.kind === 'waiting') return undefined;
  return phase.kind === 'promised' ? phase.promise : phase.grant;
}

/** A phase in which EC2 has given the claim an address. */
export type HoldingPhase = Extract<ClaimPhase, { readonly kind: 'claimed' | 'granted' }>;

/** What a cluster in managed mode has besides pods: claims, a lease, controllers. */
export class ManagedCluster {
  readonly store: MemoryClaimStore = new MemoryClaimStore(() => this.#world.nowMs);
  readonly lease: LeaseServer = new LeaseServer();
  readonly hosts: SimulatedHost[] = [];
  /** The running processes of controllers, each with its lease. */
  readonly controllers: Map<SimulatedProcess, SimulatedLease> = new Map();
  /** How far watches may be behind, in milliseconds. */
  readonly watchLagMs: number;
  /** Changes of claims. */
  writes = 0;
  readonly #world: World;
  /** As the store has them. */
  #claims: readonly IdentityClaim[] = [];
  /** The associations that claims told each process that they have, at the last time. */
  readonly #told: WeakMap<SimulatedProcess, string | undefined> = new WeakMap();
  /** UIDs of pods whose claims hands deleted. */
  readonly #deletedFrom: Set<string> = new Set();
  #disturbedUntilMs = 0;

  constructor(world: World, watchLagMs: number) {
    this.#world = world;
    this.watchLagMs = watchLagMs;
    this.store.watch(() => {
      this.writes += 1;
    });
  }

  get claims(): readonly IdentityClaim[] {
    return this.#claims;
  }

  /** The claims of a pod that has not let go of them. */
  claimsOf({ uid }: Pod): IdentityClaim[] {
    return this.#claims.filter(({ spec }) => spec.identity.owner.uid === uid && !spec.isReleased);
  }

  podOf({ spec }: IdentityClaim): Pod | undefined {
    return this.#world.pods.find(({ uid }) => uid === spec.identity.owner.uid);
  }

  /** The live pod whose claim, not let go, has that association. */
  livePodWith(associationId: string): Pod | undefined {
    return this.#world.standing.find(
      (pod) => pod.objectGoneMs === Infinity && this.claimsHave(associationId, pod),
    );
  }

  /** True when a claim of the pod, not let go, has that association. */
  claimsHave(associationId: string, pod: Pod): boolean {
    return this.claimsOf(pod).some(({ status }) => {
      const phase = status?.phase;
      return phase !== undefined && holds(phase) && phase.grant.associationId === associationId;
    });
  }

  /** A process was answered what its claim says. */
  told(process: SimulatedProcess, claim: IdentityClaim | undefined): void {
    const phase = claim?.status?.phase;
    this.#told.set(process, phase && holds(phase) ? phase.grant.associationId : undefined);
  }

  /** A pod advertises only what its claim said when it looked last. */
  judgePublication(
    { name, uid, process }: Pod,
    { publicIp, associationId }: Pick<PublicIdentity, 'publicIp' | 'associationId'>,
  ): void {
    if (process === undefined) return;
    const told = this.#told.get(process);
    if (told === associationId) return;
    this.#world.violate(
      `${name} (${uid}) advertises ${publicIp} by ${associationId}, its claim said ${told}`,
    );
  }

  /** Somebody else writes the claim, and changes nothing that matters. */
  async touch(key: ClaimKey): Promise<void> {
    const claim = await this.store.get(key);
    if (claim !== undefined) await this.store.update(claim);
  }

  /** As `kubectl delete`. */
  async deleteByHand(pod: Pod): Promise<void> {
    for (const claim of this.claimsOf(pod)) {
      this.#deletedFrom.add(pod.uid);
      await this.store.delete(claim);
    }
    await this.reread();
  }

  wasDeletedByHand({ uid }: Pod): boolean {
    return this.#deletedFrom.has(uid);
  }

  /** After a write of the store; judges what has become of the claims. */
  async reread(): Promise<void> {
    const before = this.#claims;
    this.#claims = await this.store.list();
    for (const claim of before) {
      if (!this.#claims.some(({ uid }) => uid === claim.uid)) this.#judgeEnd(claim);
    }
    this.#requireNoTwo();
  }

  /** Until when a fault that struck a controller may be felt. */
  get disturbedUntilMs(): number {
    const running = [...this.controllers.keys()].map((one) => one.disturbedUntilMs);
    return Math.max(this.#disturbedUntilMs, ...running);
  }

  controllerDied(process: SimulatedProcess): void {
    this.controllers.delete(process);
    this.#disturbedUntilMs = Math.max(this.#disturbedUntilMs, this.#world.nowMs + disturbedMs);
  }

  /** Since when one controller has had the lease and been undisturbed and connected; Infinity: none has. */
  get ableSinceMs(): number {
    const { nowMs } = this.#world;
    for (const [process, lease] of this.controllers) {
      if (!lease.isHeld()) continue;
      const { partitionedUntilMs, storeCutUntilMs } = process.host;
      const untilMs = Math.max(process.disturbedUntilMs, partitionedUntilMs, storeCutUntilMs);
      return untilMs > nowMs ? Infinity : Math.max(untilMs, lease.sinceMs);
    }
    return Infinity;
  }

  /** Since when one controller has had the lease; Infinity: none has. */
  get reignsSinceMs(): number {
    return Math.min(...[...this.controllers.values()].map(({ sinceMs }) => sinceMs));
  }

  /** A controller writes only while it has the lease. */
  judgeClaimWrite(process: SimulatedProcess, operation: string): void {
    const lease = this.controllers.get(process);
    if (lease === undefined || lease.isHeld()) return;
    this.#world.violate(`${process.name} makes ${operation} without the lease`);
  }

  #judgeEnd(claim: IdentityClaim): void {
    const pod = this.podOf(claim);
    const isLive = pod !== undefined && pod.hasNamespace && pod.objectGoneMs === Infinity;
    const { status, spec, name } = claim;
    if (!isLive || spec.isReleased || status === null || status.phase.kind === 'waiting') return;
    this.#world.violate(`${name} is gone with ${status.phase.kind}, and its pod lives`);
  }

  /** Each address is one claim's. */
  #requireNoTwo(): void {
    const holders = new Map<string, string>();
    for (const { name, status } of this.#claims) {
      const phase = status?.phase;
      if (phase === undefined || !holds(phase)) continue;
      const { publicIp } = phase.grant;
      const other = holders.get(publicIp);
      if (other !== undefined) this.#world.violate(`${name} and ${other} both have ${publicIp}`);
      holders.set(publicIp, name);
    }
  }
}

export function holds(phase: ClaimPhase): phase is HoldingPhase {
  return phase.kind === 'claimed' || phase.kind === 'granted';
}
