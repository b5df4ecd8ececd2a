import { GatewayError } from '../errors.ts';

/** UDP ports for RTP and RTCP, in pairs. */
export interface PortRange {
  /** The first port; even. */
  readonly first: number;
  /** The last port; odd. */
  readonly last: number;
}

/** Below the ephemeral range of Linux (32768 and up), as many as fit. */
export const defaultPortRange: PortRange = { first: 16_384, last: 32_767 };

interface Resting {
  readonly rtp: number;
  readonly untilMs: number;
}

/**
 * Pairs of ports, an even one for RTP and the odd one above it for RTCP (RFC 3550, section 11), each named by its RTP
 * port. A pair that was used rests before it is used again, so that a late packet of an old call meets no new one. After its
 * quarantine it is spare, in the hands of whoever keeps it bound, until that one reuses it or frees it. The first order is shuffled;
 * what was freed comes last.
 */
export class PortPool {
  readonly #free: number[] = [];
  readonly #taken = new Set<number>();
  readonly #resting: Resting[] = [];
  readonly #spare = new Set<number>();
  readonly quarantineMs: number;

  constructor(
    range: PortRange,
    { quarantineMs, random }: { quarantineMs: number; random: () => number },
  ) {
    requirePortRange(range);
    this.quarantineMs = quarantineMs;
    for (let rtp = range.first; rtp < range.last; rtp += 2) this.#free.push(rtp);
    shuffle(this.#free, random);
  }

  /** A pair, or undefined when none is free. */
  take(): number | undefined {
    const rtp = this.#free.shift();
    if (rtp !== undefined) this.#taken.add(rtp);
    return rtp;
  }

  /** Starts the quarantine of a pair that was taken. */
  rest(rtp: number, nowMs: number): void {
    if (!this.#taken.delete(rtp)) throw new RangeError(`pair ${rtp} was not taken`);
    this.#resting.push({ rtp, untilMs: nowMs + this.quarantineMs });
  }

  /** Makes spare the pairs whose quarantine is over, and names them, the one that rested longest first. */
  wake(nowMs: number): readonly number[] {
    const until = this.#resting.findIndex(({ untilMs }) => untilMs > nowMs);
    const woken = this.#resting.splice(0, until === -1 ? this.#resting.length : until);
    for (const { rtp } of woken) this.#spare.add(rtp);
    return woken.map(({ rtp }) => rtp);
  }

  /** Takes a spare pair. */
  reuse(rtp: number): void {
    this.#endSpare(rtp);
    this.#taken.add(rtp);
  }

  /** Frees a spare pair. */
  free(rtp: number): void {
    this.#endSpare(rtp);
    this.#free.push(rtp);
  }

  /** How many pairs are in which state; a spare one is free for the next call. */
  counts(): { readonly free: number; readonly taken: number; readonly resting: number } {
    const free = this.#free.length + this.#spare.size;
    return { free, taken: this.#taken.size, resting: this.#resting.length };
  }

  #endSpare(rtp: number): void {
    if (!this.#spare.delete(rtp)) throw new RangeError(`pair ${rtp} is not spare`);
  }
}

/** A call has one for each leg. */
const pairsOfACall = 2;

/** Whether whole pairs fill it, enough for a call, above the ports that the kernel keeps for the privileged. */
export function isPortRange({ first, last }: PortRange): boolean {
  const fits = Number.isInteger(first) && Number.isInteger(last) && first >= 1024 && last <= 65_535;
  return fits && first % 2 === 0 && last % 2 === 1 && last - first >= 2 * pairsOfACall - 1;
}

/** @throws GatewayError ConfigInvalid */
export function requirePortRange(range: PortRange): void {
  if (isPortRange(range)) return;
  const { first, last } = range;
  throw new GatewayError({
    code: 'ConfigInvalid',
    message: `The RTP port range ${first}-${last} was refused.`,
    remedy:
      'Give an even first and an odd last port between 1024 and 65535, four ports at least, such as 16384-32767.',
    retry: 'never',
  });
}

/** Fisher and Yates. */
function shuffle(values: number[], random: () => number): void {
  for (let at = values.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [values[at], values[other]] = [values[other] as number, values[at] as number];
  }
}
