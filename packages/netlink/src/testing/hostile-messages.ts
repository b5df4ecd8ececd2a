import { NetlinkError } from '../errors.ts';
import { explain } from '../explain/explain.ts';
import { decodeEvent } from '../rtnetlink/event.ts';
import { hostileSeeds } from './hostile-seeds.ts';
import type { Seed } from './hostile-seeds.ts';

/** Marsaglia's xorshift, 32 bits: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

export interface HostileRun {
  readonly messages: number;
  /** How many were refused, each with an error of this package. */
  readonly refused: number;
  /** Microseconds of the slowest one: the best of three times, so that a pause of the machine does not count. */
  readonly slowestUs: number;
}

/**
 * Feeds so many mutated messages to the decoders: bytes and lengths changed, parts cut off, repeated, or taken from another message.
 * @throws Error with the seed, the message's number and its bytes, for anything thrown that is not a NetlinkError
 */
export function feedHostileMessages(count: number, seed: number): HostileRun {
  const next = random(seed);
  const all = hostileSeeds();
  const buffer = new Uint8Array(1024);
  let refused = 0;
  let slowest = 0;
  for (let number = 0; number < count; number += 1) {
    const one = all[next() % all.length];
    if (one === undefined) throw new Error('there is no seed');
    const length = mutate(buffer, one.bytes, all, next);
    // a copy that ends where the message ends: what reads further throws a RangeError
    const message = buffer.slice(0, length);
    const view = new DataView(message.buffer);
    const readers: (() => unknown)[] = [() => one.decode(view, 16, length)];
    if (number % 4 === 0) readers.push(() => explain(message, { bus: busOf(one.name) }));
    if (number % 4 === 1 && length >= 6) {
      readers.push(() => decodeEvent(view.getUint16(4, true), view, 16, length));
    }
    const read = (): number => {
      const start = performance.now();
      try {
        isRefused = countRefusals(readers) > 0;
      } catch (cause) {
        const hex = Buffer.from(message).toString('hex');
        const where = `${one.name}, message ${String(number)} of seed ${String(seed)}`;
        throw new Error(`${where}: ${hex}`, { cause });
      }
      return performance.now() - start;
    };
    let isRefused = false;
    const took = read();
    if (isRefused) refused += 1;
    if (took > slowest) slowest = Math.max(slowest, Math.min(took, read(), read()));
  }
  return { messages: count, refused, slowestUs: slowest * 1000 };
}

/** Each reads the same message, whatever the others made of it. @throws what is not a NetlinkError */
export function countRefusals(readers: readonly (() => unknown)[]): number {
  let refusals = 0;
  for (const reader of readers) {
    try {
      reader();
    } catch (error) {
      if (!NetlinkError.is(error)) throw error;
      refusals += 1;
    }
  }
  return refusals;
}

function busOf(name: string): 'route' | 'netfilter' | 'sock-diag' {
  if (name === 'socket') return 'sock-diag';
  return name === 'flow' || name.startsWith('nft') ? 'netfilter' : 'route';
}

/** Gives the length of what lies in `buffer` now; beyond it lies what was there before. */
function mutate(
  buffer: Uint8Array,
  bytes: Uint8Array,
  all: readonly Seed[],
  next: () => number,
): number {
  buffer.set(bytes);
  let { length } = bytes;
  for (let changes = next() % 6; changes > 0; changes -= 1) {
    const at = next() % length;
    switch (next() % 5) {
      case 0:
        buffer[at] = next();
        break;
      case 1: // a length or type of an attribute, which lie at multiples of 4
        buffer[at & ~3] = next() % 4 === 0 ? 255 : next() % 64;
        break;
      case 2:
        length = Math.max(1, at);
        break;
      case 3: {
        const other = all[next() % all.length]?.bytes ?? bytes;
        const part = other.subarray(next() % other.length);
        const room = Math.min(part.length, buffer.length - at);
        buffer.set(part.subarray(0, room), at);
        length = Math.max(length, at + room);
        break;
      }
      default:
        buffer.copyWithin(at, 0, Math.min(length, buffer.length - at));
    }
  }
  return length;
}
