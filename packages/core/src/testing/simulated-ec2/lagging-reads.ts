import type { Clock } from '../../identity/clock.ts';
import type { CloudState } from './cloud-state.ts';
import { isSameRecord } from './copy-cloud.ts';
import { seededFraction, seededRandom } from './seeded-random.ts';

/** The describes whose reads can lag, by what they read. */
export type LaggingKind = 'networkInterfaces' | 'addresses' | 'routeTables';

/** Milliseconds: the same for every resource, or for each its own, drawn between the two. */
export type Lag = number | readonly [least: number, most: number];

/**
 * How far describes are behind writes (EC2 developer guide, "Eventual consistency in the Amazon EC2 API").
 * Writes themselves always meet the present.
 */
export interface ReadConsistency {
  /** A describe shows each resource as it was so long ago; default 0. */
  readonly lagMs?: Readonly<Partial<Record<LaggingKind, Lag>>>;
  /** How probable it is that a describe shows a resource from further back: reads are not monotonic. */
  readonly staleProbability?: number;
  /** How far back such a read can be, in milliseconds. */
  readonly staleMs?: number;
  /** Default 1. */
  readonly seed?: number;
}

/** A resource as it was until a change of it; undefined: it was not there. */
interface Version {
  readonly untilMs: number;
  readonly record: unknown;
}

const kinds = ['networkInterfaces', 'addresses', 'routeTables'] as const;

/** Remembers what resources were, for as long as a describe can show it. */
export class LaggingReads {
  readonly #reads: ReadConsistency;
  readonly #clock: Pick<Clock, 'elapsed'>;
  readonly #random: () => number;
  readonly #versions: Map<LaggingKind, Map<string, Version[]>> = new Map(
    kinds.map((kind) => [kind, new Map<string, Version[]>()]),
  );

  constructor(reads: ReadConsistency, clock: Pick<Clock, 'elapsed'>) {
    this.#reads = reads;
    this.#clock = clock;
    this.#random = seededRandom(reads.seed ?? 1);
  }

  /** Notes what a write changed: `before` is a copy of the state before it. */
  remember(before: CloudState, after: CloudState): void {
    const untilMs = this.#clock.elapsed();
    for (const kind of kinds) {
      for (const id of new Set([...before[kind].keys(), ...after[kind].keys()])) {
        const record = before[kind].get(id);
        if (isSameRecord(record, after[kind].get(id))) continue;
        const versions = this.#versionsOf(kind, id).filter((one) => !this.#isOutOfReach(one));
        this.#versions.get(kind)?.set(id, [...versions, { untilMs, record }]);
      }
    }
  }

  /** What a test's own hands took away is gone at once. */
  forgetDeleted(before: CloudState, after: CloudState): void {
    for (const kind of kinds) {
      for (const id of before[kind].keys()) {
        if (!after[kind].has(id)) this.#versions.get(kind)?.delete(id);
      }
    }
  }

  /** The state as a describe of a kind sees it now, from no later than so long ago. */
  shown(kind: LaggingKind, state: CloudState, leastAgeMs = 0): CloudState {
    return {
      ...state,
      networkInterfaces: this.#shownRecords(kind, 'networkInterfaces', state, leastAgeMs),
      addresses: this.#shownRecords(kind, 'addresses', state, leastAgeMs),
      routeTables: this.#shownRecords(kind, 'routeTables', state, leastAgeMs),
    };
  }

  #shownRecords<Kind extends LaggingKind>(
    describe: LaggingKind,
    kind: Kind,
    state: CloudState,
    leastAgeMs: number,
  ): CloudState[Kind] {
    const present = state[kind] as Map<string, unknown>;
    const shown = new Map<string, unknown>(present);
    for (const [id, versions] of this.#versions.get(kind) ?? []) {
      const seenAtMs = this.#clock.elapsed() - Math.max(leastAgeMs, this.#ageOf(describe, id));
      const version = versions.find(({ untilMs }) => untilMs > seenAtMs);
      if (version === undefined) continue;
      if (version.record === undefined) shown.delete(id);
      else shown.set(id, version.record);
    }
    return shown as CloudState[Kind];
  }

  #versionsOf(kind: LaggingKind, id: string): readonly Version[] {
    return this.#versions.get(kind)?.get(id) ?? [];
  }

  /** How long ago this read sees a resource. */
  #ageOf(describe: LaggingKind, id: string): number {
    const { lagMs, staleProbability = 0, staleMs = 0, seed = 1 } = this.#reads;
    const [least, most] = rangeOf(lagMs?.[describe]);
    const lag = least + (most - least) * seededFraction(seed, `${describe} ${id}`);
    if (staleProbability === 0 || this.#random() >= staleProbability) return lag;
    return Math.max(lag, this.#random() * staleMs);
  }

  #isOutOfReach({ untilMs }: Version): boolean {
    const mostLag = kinds.map((kind) => rangeOf(this.#reads.lagMs?.[kind])[1]);
    const reachMs = Math.max(this.#reads.staleMs ?? 0, ...mostLag);
    return untilMs < this.#clock.elapsed() - reachMs;
  }
}

function rangeOf(lag: Lag | undefined): readonly [number, number] {
  if (lag === undefined) return [0, 0];
  return typeof lag === 'number' ? [lag, lag] : lag;
}
