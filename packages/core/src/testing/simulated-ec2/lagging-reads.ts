import type { Clock } from '../../identity/clock.ts';
import type { CloudState } from './cloud-state.ts';
import { shownKinds, type FormerRecord, type ShownKind } from './copy-cloud.ts';
import { TopologyCopy, topologyKinds, type TopologyKind } from './copy-topology.ts';
import { seededFraction, seededRandom } from './seeded-random.ts';

/** The describes whose reads can lag, by what they read. */
export type LaggingKind = ShownKind | TopologyKind;

const laggingKinds: readonly LaggingKind[] = [...shownKinds, ...topologyKinds];

/** Milliseconds: the same for every resource, or for each its own, drawn between the two. */
export type Lag = number | readonly [least: number, most: number];

/**
 * How far describes are behind writes (EC2 developer guide, "Eventual consistency in the Amazon EC2 API").
 * Writes themselves always meet the present.
 */
export interface ReadConsistency {
  /**
   * A describe shows each resource as it was so long ago; default 0. Network interfaces, addresses and route tables that a test builds by
   * hand are there at once. Instances, subnets, security groups, network ACLs and prefix lists, which nobody else builds, are so unless
   * they are named here, be it with 0: then what is done to them by hand is late, too, and stale reads show them as they were.
   */
  readonly lagMs?: Readonly<Partial<Record<LaggingKind, Lag>>>;
  /** How probable it is that a describe shows a resource from further back: reads are not monotonic. */
  readonly staleProbability?: number;
  /** How far back such a read can be, in milliseconds. */
  readonly staleMs?: number;
  /** How far back a planted stale read (`Ec2Fault.staleByMs`) can be; default as far as any other. */
  readonly reachMs?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A resource as it was until a change of it; undefined: it was not there. */
interface Version {
  readonly untilMs: number;
  readonly record: unknown;
}

/** Remembers what resources were, for as long as a describe can show it. */
export class LaggingReads {
  readonly #reads: ReadConsistency;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #random: () => number;
  /** A draw of their own: whether describes of the topology lag changes nothing of what the other reads show. */
  readonly #topologyRandom: () => number;
  readonly #topology: TopologyCopy;
  readonly #versions: ReadonlyMap<LaggingKind, Map<string, readonly Version[]>> = new Map(
    laggingKinds.map((kind) => [kind, new Map<string, Version[]>()]),
  );
  /** How far each resource is behind, by describe and id. */
  readonly #lags: ReadonlyMap<LaggingKind, Map<string, number>> = new Map(
    laggingKinds.map((kind) => [kind, new Map<string, number>()]),
  );
  /** How far back any read can see. */
  readonly #reachMs: number;

  constructor(reads: ReadConsistency, clock: Pick<Clock, 'elapsed'>) {
    this.#reads = reads;
    this.#clock = clock;
    const { seed = 1 } = reads;
    this.#random = seededRandom(seed);
    this.#topologyRandom = seededRandom(seed + 1);
    this.#topology = new TopologyCopy(
      topologyKinds.filter((kind) => reads.lagMs?.[kind] !== undefined),
    );
    const mostLag = laggingKinds.map((kind) => rangeOf(reads.lagMs?.[kind])[1]);
    this.#reachMs = Math.max(reads.reachMs ?? 0, reads.staleMs ?? 0, ...mostLag);
  }

  /** Notes what a write changed. */
  remember(formers: readonly FormerRecord[]): void {
    const untilMs = this.#clock.elapsed();
    for (const { kind, id, record } of formers) {
      const versions = this.#versions.get(kind)?.get(id) ?? [];
      const near = versions.filter((one) => one.untilMs >= untilMs - this.#reachMs);
      this.#versions.get(kind)?.set(id, [...near, { untilMs, record }]);
    }
  }

  /** Notes what was changed of the topology that lags, by a write or by hand. */
  rememberTopology(state: CloudState): void {
    this.remember(this.#topology.follow(state));
  }

  /** What a test's own hands took away is gone at once; `before` has the ids of what there was. */
  forgetDeleted(before: Readonly<Record<ShownKind, readonly string[]>>, after: CloudState): void {
    for (const kind of shownKinds) {
      for (const id of before[kind]) {
        if (!after[kind].has(id)) this.#versions.get(kind)?.delete(id);
      }
    }
  }

  /** The state as a describe of a kind sees it now, from no later than so long ago. */
  shown(kind: LaggingKind, state: CloudState, leastAgeMs = 0): CloudState {
    if (isTopology(kind)) {
      return { ...state, [kind]: this.#shownRecords(kind, kind, state, leastAgeMs) };
    }
    const networkInterfaces = this.#shownRecords(kind, 'networkInterfaces', state, leastAgeMs);
    const addresses = this.#shownRecords(kind, 'addresses', state, leastAgeMs);
    const routeTables = this.#shownRecords(kind, 'routeTables', state, leastAgeMs);
    return { ...state, networkInterfaces, addresses, routeTables };
  }

  #shownRecords<Kind extends LaggingKind>(
    describe: LaggingKind,
    kind: Kind,
    state: CloudState,
    leastAgeMs: number,
  ): CloudState[Kind] {
    const present = state[kind] as Map<string, unknown>;
    const known = this.#versions.get(kind);
    if (known === undefined || known.size === 0) return state[kind];
    const nowMs = this.#clock.elapsed();
    let shown = present;
    for (const [id, versions] of known) {
      const latest = versions.at(-1);
      if (latest !== undefined && latest.untilMs < nowMs - this.#reachMs) {
        known.delete(id);
        continue;
      }
      const seenAtMs = nowMs - Math.max(leastAgeMs, this.#ageOf(describe, id));
      // the latest version ended last
      if (latest === undefined || latest.untilMs <= seenAtMs) continue;
      const version = versions.find(({ untilMs }) => untilMs > seenAtMs);
      if (version === undefined) continue;
      if (shown === present) shown = new Map(present);
      if (version.record === undefined) shown.delete(id);
      else shown.set(id, version.record);
    }
    return shown as CloudState[Kind];
  }

  /** How long ago this read sees a resource. */
  #ageOf(describe: LaggingKind, id: string): number {
    const { staleProbability = 0, staleMs = 0 } = this.#reads;
    const lag = this.#lagOf(describe, id);
    const random = isTopology(describe) ? this.#topologyRandom : this.#random;
    if (staleProbability === 0 || random() >= staleProbability) return lag;
    return Math.max(lag, random() * staleMs);
  }

  #lagOf(describe: LaggingKind, id: string): number {
    const known = this.#lags.get(describe)?.get(id);
    if (known !== undefined) return known;
    const [least, most] = rangeOf(this.#reads.lagMs?.[describe]);
    const { seed = 1 } = this.#reads;
    const lag = least + (most - least) * seededFraction(seed, `${describe} ${id}`);
    this.#lags.get(describe)?.set(id, lag);
    return lag;
  }
}

const topology: ReadonlySet<LaggingKind> = new Set(topologyKinds);

function isTopology(kind: LaggingKind): kind is TopologyKind {
  return topology.has(kind);
}

function rangeOf(lag: Lag | undefined): readonly [number, number] {
  if (lag === undefined) return [0, 0];
  return typeof lag === 'number' ? [lag, lag] : lag;
}
