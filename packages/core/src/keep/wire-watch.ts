import type { WirePorts } from '../verify/gather-path.ts';
import { askOnWire } from '../verify/prove-on-wire.ts';
import type { KeepState, Seen } from './keep-state.ts';
import { judgeWire, type WireOutcome } from './judge-wire.ts';
import type { KeepEvent } from './keep-event.ts';
import { parseKeepWire, type KeepWire, type KeepWireInput } from './keep-wire.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import { coreErrorOf } from './look-at-link.ts';

export interface WireWatchParts {
  readonly ports: WirePorts;
  readonly wire: KeepWire;
  /** From one round to the next, at most. */
  readonly longestMs: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly tell: (event: KeepEvent) => void;
  /** False once the keep has ended. */
  readonly wait: (ms: number) => Promise<boolean>;
  readonly state: () => KeepState;
  readonly absorb: (seen: Seen) => Promise<void>;
}

/** Opens the watch of a keep. */
export type OpenWireWatch = (parts: Omit<WireWatchParts, 'wire'>) => WireWatch;

/** @throws CoreError SpecInvalid for what is wrong, or nothing to ask from. */
export function wireWatchOf(identity: PublicIdentity, input: KeepWireInput): OpenWireWatch {
  const wire = parseKeepWire(identity, input);
  return (parts) => new WireWatch({ ...parts, wire });
}

/** So long after a contradiction the wire is asked again: what is withdrawn is to be back soon. */
const refutedPauseMs = 5000;

/** Asks STUN servers what they see of an identity; tells when they fall silent, and when they are heard again. */
export class WireWatch {
  readonly #parts: WireWatchParts;
  #isSilent = false;

  constructor(parts: WireWatchParts) {
    this.#parts = parts;
  }

  /** Until the keep ends; the first after a part of the interval. */
  async askOnTime(): Promise<void> {
    const { longestMs, random, wait, state, absorb } = this.#parts;
    let ms = longestMs * random();
    while (await wait(ms)) {
      const seen = await this.#ask(state());
      if (seen !== undefined) await absorb(seen);
      ms = longestMs * (0.75 + 0.25 * random());
      if (state().refutedBy !== undefined) ms = Math.min(ms, refutedPauseMs);
    }
  }

  /** One round; undefined when it was aborted, or could not be made. */
  async #ask({ identity }: KeepState): Promise<Seen | undefined> {
    const { ports, wire, signal, tell } = this.#parts;
    const { proof, bindsOnly, applicationSockets } = wire;
    const call = { identity, wire: proof, wantsInbound: false, bindsOnly, applicationSockets };
    try {
      const seen = await askOnWire(ports, { ...call, signal });
      const outcome = judgeWire(identity, seen, proof.quorum);
      this.#tellOf(outcome);
      return { kind: 'wire-asked', of: identity.associationId, outcome };
    } catch (error) {
      if (signal.aborted) return undefined;
      tell({ kind: 'unsure', error: coreErrorOf(error, `The wire of ${identity.publicIp}`) });
      return undefined;
    }
  }

  /** Each silence once. */
  #tellOf(outcome: WireOutcome): void {
    const isSilent = outcome.kind === 'silent';
    if (isSilent && !this.#isSilent) {
      this.#parts.tell({ kind: 'wire-silent', findings: outcome.findings });
    }
    if (!isSilent && this.#isSilent) this.#parts.tell({ kind: 'wire-answers' });
    this.#isSilent = isSilent;
  }
}
