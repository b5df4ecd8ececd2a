import { decodePayload } from './payload.ts';
import { formatTuple, type Tuple } from './flow.ts';

/** What one place saw of one flow. Plain data: the pod tells it over IPC. */
export interface FlowTally {
  /** Distinct packet numbers. */
  readonly packets: number;
  /** All packets, repeated ones too. */
  readonly copies: number;
  /** Distinct source tuples, in order of appearance. */
  readonly sources: readonly string[];
  /** Distinct tuples that the packets' text names as their sender's. */
  readonly advertised: readonly string[];
}

export const emptyTally: FlowTally = { packets: 0, copies: 0, sources: [], advertised: [] };

interface Counting {
  readonly sequences: Set<number>;
  readonly sources: Set<string>;
  readonly advertised: Set<string>;
  copies: number;
}

/** Counts packets of flows as they arrive at one place: a socket, or a captured link. */
export class Tally {
  readonly #flows = new Map<string, Counting>();

  /** Returns how many distinct packets of the flow are in by now; undefined for foreign bytes. */
  count(payload: Uint8Array, source: Tuple): { flow: string; packets: number } | undefined {
    const decoded = decodePayload(payload);
    if (decoded === undefined) return undefined;
    const counting = this.#counting(decoded.flow);
    counting.sequences.add(decoded.sequence);
    counting.sources.add(formatTuple(source));
    counting.advertised.add(decoded.advertised);
    counting.copies += 1;
    return { flow: decoded.flow, packets: counting.sequences.size };
  }

  of(flow: string): FlowTally {
    const counting = this.#flows.get(flow);
    if (counting === undefined) return emptyTally;
    return {
      packets: counting.sequences.size,
      copies: counting.copies,
      sources: [...counting.sources],
      advertised: [...counting.advertised],
    };
  }

  all(): Readonly<Record<string, FlowTally>> {
    return Object.fromEntries([...this.#flows.keys()].map((flow) => [flow, this.of(flow)]));
  }

  #counting(flow: string): Counting {
    const known = this.#flows.get(flow);
    if (known !== undefined) return known;
    const counting: Counting = {
      sequences: new Set(),
      sources: new Set(),
      advertised: new Set(),
      copies: 0,
    };
    this.#flows.set(flow, counting);
    return counting;
  }
}
