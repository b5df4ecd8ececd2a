import type { FakeKernel, MemoryPublisher } from '@truetuple/core/testing';
import type { Ec2Action, Ipv4Address, PublicIdentity } from '@truetuple/core';
import { canStrike, cellKey, plannedSteps, stepOf, type Cell, type Fault } from './faults.ts';
import type { History } from './history.ts';
import type { ManagedCluster } from './managed/managed-cluster.ts';
import type { Random } from './random.ts';
import type { Region } from './region.ts';
import type { Truth } from './truth.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedHost } from './simulated-host.ts';
import type { SimulatedProcess } from './simulated-process.ts';

/** A pod: its object in the cluster, its namespace on a host, and the container's process. */
export interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly host: SimulatedHost;
  /** Whose range its private IP is from: that of its own host, or of another one. */
  readonly range: SimulatedHost;
  readonly privateIp: Ipv4Address;
  readonly kernel: FakeKernel;
  readonly store: MemoryPublisher;
  readonly createdMs: number;
  /** From then on the cluster knows its private IP. */
  ipKnownMs: number;
  /** When the cluster's API had it no longer; Infinity before. */
  objectGoneMs: number;
  /** True as long as its namespace is there, be it without a process. */
  hasNamespace: boolean;
  process: SimulatedProcess | undefined;
  /** What stands in its identity file. */
  published: PublicIdentity | undefined;
  publications: number;
  /** How often a process of it was started. */
  starts: number;
  /** How many of them in a row have not come to hold an address. */
  failedStarts: number;
  /** True from the moment it is told to stop. */
  isStopping: boolean;
  /** True once hands took away what keeps its link closed. */
  isOpened: boolean;
  /** True when its last process gave everything back, with the private IP on net1, by which a release knows that it is the pod's own. */
  hasReleased: boolean;
}

/** Why something is not judged. */
export type Excuse =
  /** A private IP of a pod that died without a release, or released while it was not on net1, stays on an ENI without the pool's tag. */
  | 'unrecorded private IP'
  /** Such a private IP keeps a pod on another ENI from its own. */
  | 'pod kept from its private IP'
  /** What a process asked for before it died came to EC2 when the pod's next one had given the address and its record back. */
  | 'late IPv6 address';

/** For how long a fault is felt by the process that it struck. */
export const disturbedMs = 30_000;

/** A fault that waits for its step. */
interface Arm {
  readonly cell: Cell;
  skip: number;
  /** From then on it strikes wherever it can. */
  readonly anywhereFromMs: number;
  /** Called as it strikes. */
  readonly onStruck?: () => void;
}

/** Who makes the call that EC2 carries out now. */
export interface Actor {
  readonly process: SimulatedProcess | undefined;
  readonly pod: Pod | undefined;
  readonly action: Ec2Action;
  readonly step: string;
  readonly sentMs: number;
  /** The pods that it is for: the sender's own, or those whose claims a controller carries out. */
  readonly behalf: readonly Pod[];
  /** As of when its sender knew what it rests on. */
  readonly knowsAsOf: ReadonlyMap<string, number>;
}

export interface Catastrophes {
  loseNode(host: SimulatedHost): void;
  recycle(pod: Pod): void;
  reuse(): void;
}

/** All that a simulation of one seed shares. */
export class World {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly history: History;
  readonly region: Region;
  readonly hosts: SimulatedHost[] = [];
  /** Every pod there ever was. */
  readonly pods: Pod[] = [];
  readonly arms: Arm[] = [];
  /** How often each cell was struck. */
  readonly struck: Map<string, number> = new Map();
  readonly steps: Set<string> = new Set();
  /** Claims, lease and controllers; undefined in direct mode. */
  managed: ManagedCluster | undefined;
  catastrophes: Catastrophes | undefined;
  actor: Actor | undefined;
  /** What is so in EC2; undefined until the invariants follow it. */
  truth: Truth | undefined;
  /** What is wrong; the first ends the seed. */
  readonly violations: string[] = [];
  /**
   * Private IPs of pods that ended without a release, or released while it was not on net1. On an ENI with the pool's tag the
   * reaper takes them off; on another one it often cannot tell that they are truetuple's.
   */
  readonly unreleased: Set<string> = new Set();
  /** What cannot be judged, and why: by reason, the things that were not. Each reason stands in the README. */
  readonly excused: Map<Excuse, Set<string>> = new Map();
  faults = 0;
  /** False once what befalls processes is over: no controller is replaced any more. */
  isTroubled = true;
  /** How far the cluster's list of pods is behind. */
  listLagMs = 0;
  /** Until when the cluster does not say which pods live. */
  livesUnknownUntilMs = 0;
  /** Which public IP a standby is to have, by its name: it asks for that one alone. */
  readonly standbys: Map<string, string> = new Map();
  /** True once somebody outside took an address of a pod, or freed it, so that another pod may have it. */
  hadTheft = false;
  /** What ends the waits in which processes were when they died, or the seed ended: see `letGo`. */
  readonly endings: (() => void)[] = [];
  /** More orphans than this share of the pool end a pass of the reaper. */
  brakeShare = 0.8;

  constructor(parts: {
    readonly scheduler: Scheduler;
    readonly random: Random;
    readonly history: History;
    readonly region: Region;
  }) {
    this.scheduler = parts.scheduler;
    this.random = parts.random;
    this.history = parts.history;
    this.region = parts.region;
  }

  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  #isOver = false;

  note(who: string, what: string, detail?: unknown): void {
    // what processes do when they are let go is no part of the seed
    if (this.#isOver) return;
    this.history.add(this.scheduler.nowMs, who, what, detail);
  }

  violate(what: string): void {
    this.violations.push(`${(this.nowMs / 1000).toFixed(3)} s: ${what}`);
    this.note('INVARIANT', what);
  }

  /** What is not judged, and why; in managed mode nothing is. */
  excuse(reason: Excuse, what: string): void {
    const known = this.excused.get(reason) ?? new Set();
    this.excused.set(reason, known.add(what));
  }

  /**
   * The seed is over. Node holds an AbortSignal that depends on others, and with it everything that waits for it, until
   * it is aborted or nobody listens: one crashed process would keep the memory of its whole seed.
   */
  letGo(): void {
    this.#isOver = true;
    for (const end of this.endings) end();
  }

  /** Pods whose namespace is there. */
  get standing(): Pod[] {
    return this.pods.filter(({ hasNamespace }) => hasNamespace);
  }

  isPartitioned(host: SimulatedHost): boolean {
    return host.partitionedUntilMs > this.nowMs;
  }

  /** The claim store is not reached from there. */
  isCutOffStore(host: SimulatedHost): boolean {
    return this.storeCutUntilMs(host) > this.nowMs;
  }

  storeCutUntilMs({ partitionedUntilMs, storeCutUntilMs }: SimulatedHost): number {
    return Math.max(partitionedUntilMs, storeCutUntilMs);
  }

  /** Says whether a fault strikes here; those that befall a machine or a pod have happened then. */
  strike(process: SimulatedProcess, operation: string): Fault | undefined {
    const step = stepOf(process.phase, operation);
    this.steps.add(step);
    const arm = this.#armFor(process, operation);
    if (arm === undefined) return undefined;
    if (arm.skip > 0) {
      arm.skip -= 1;
      return undefined;
    }
    this.arms.splice(this.arms.indexOf(arm), 1);
    const { fault } = arm.cell;
    this.faults += 1;
    if (plannedSteps.has(step)) {
      const key = cellKey(step, fault);
      this.struck.set(key, (this.struck.get(key) ?? 0) + 1);
    }
    this.note(process.name, `*** ${fault} at ${step}`);
    process.disturb(this.nowMs + disturbedMs);
    this.#befall(fault, process, operation);
    arm.onStruck?.();
    return fault;
  }

  #armFor({ phase }: SimulatedProcess, operation: string): Arm | undefined {
    for (const arm of this.arms) {
      const { cell, anywhereFromMs } = arm;
      const isMeant =
        this.nowMs >= anywhereFromMs
          ? canStrike(phase, operation, cell.fault)
          : cell.operation === operation && cell.verb === phase;
      if (isMeant) return arm;
    }
    return undefined;
  }

  #befall(fault: Fault, process: SimulatedProcess, operation: string): void {
    const { random } = this;
    const pod = this.pods.find((one) => one.process === process);
    switch (fault) {
      case 'partition': {
        const untilMs = this.nowMs + random.between(2000, 40_000);
        const isOfStore = /^[a-z]/.test(operation) && random.chance(0.5);
        if (isOfStore) process.host.storeCutUntilMs = untilMs;
        else process.host.partitionedUntilMs = untilMs;
        return;
      }
      case 'lease loss':
        // the write that it strikes is under way by then
        this.scheduler.after(0, () => this.managed?.controllers.get(process)?.lose());
        return;
      case 'clock jump':
        process.host.clockOffsetMs += random.between(-3_600_000, 3_600_000);
        return;
      case 'node loss': {
        const hosts = this.hosts.filter(({ isLost }) => !isLost);
        this.catastrophes?.loseNode(pod?.host ?? random.pick(hosts));
        return;
      }
      case 'IP recycling': {
        if (pod === undefined) this.catastrophes?.reuse();
        else this.catastrophes?.recycle(pod);
        return;
      }
      case 'crash before':
        process.kill();
        return;
      case 'crash after':
      case 'lost response':
      case 'error':
      case 'delay':
      case 'stale read':
      case 'throttle':
      case 'conflict':
        return;
      default:
        return fault satisfies never;
    }
  }
}
