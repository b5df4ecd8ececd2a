import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetlinkError } from '../errors.ts';
import { fromHex } from '../testing/captured-message.ts';
import { decodeAddress } from './decode-address.ts';
import { decodeLink } from './decode-link.ts';
import { decodeRoute } from './decode-route.ts';
import { decodeRule } from './decode-rule.ts';
import { decodeEvent } from './event.ts';
import { decodeNeighbour } from './neighbour.ts';
import { decodeNetconf } from './netconf.ts';
import { decodeNextHop } from './next-hop-codec.ts';

type Decode = (view: DataView, start: number, end: number) => unknown;

const decoders: readonly (readonly [name: string, decode: Decode])[] = [
  ['address', decodeAddress],
  ['link', decodeLink],
  ['route', decodeRoute],
  ['rule', decodeRule],
  ['neighbour', decodeNeighbour],
  ['netconf', decodeNetconf],
  ['next hop', decodeNextHop],
  ['event', (view, start, end) => decodeEvent(view.getUint8(0) & 63, view, start, end)],
];

// Real answers, so that mutations reach the nested parts too.
const seeds = [
  '02180000c80300010000000008000f00c800000008000100c63364002400090010000001030000000' +
    '80005000a0002011000000003000000080005000a000202',
  '02200000c80000010000000008000f00c800000008000e00ffffffff05001500bc0000000800060064000000',
  '000001000200000043100100000000000c001200080001007665746814001a00100002000c0001000100000002000000',
].map(fromHex);

const mutated = fc
  .tuple(
    fc.constantFrom(...seeds),
    fc.array(fc.tuple(fc.nat(63), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
  )
  .map(([seed, changes]) => {
    const bytes = seed.slice();
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });
const input = fc.oneof(mutated, fc.uint8Array({ maxLength: 120 }));
const families = fc.constantFrom(2, 10, 0);

/** Decodes `bytes` where they lie in the middle of a buffer that is otherwise full of `poison`. */
function decodeAmid(decode: Decode, bytes: Uint8Array, poison: number): unknown {
  const start = 64;
  const buffer = new Uint8Array(start + bytes.length + 256).fill(poison);
  buffer.set(bytes, start);
  buffer[0] = 16;
  try {
    return decode(new DataView(buffer.buffer), start, start + bytes.length);
  } catch (error) {
    if (!NetlinkError.is(error)) throw error;
    return error.message;
  }
}

describe('whatever bytes come', () => {
  it.each(decoders)('the %s decoder reads nothing around them', (_, decode) => {
    fc.assert(
      fc.property(input, families, (bytes, family) => {
        bytes[0] = family;
        expect(decodeAmid(decode, bytes, 0xee)).toEqual(decodeAmid(decode, bytes, 0x04));
      }),
      { numRuns: 300 },
    );
  });

  it.each(decoders)(
    'the %s decoder keeps nothing that the next receive overwrites',
    (_, decode) => {
      fc.assert(
        fc.property(input, (bytes) => {
          const buffer = new Uint8Array(bytes.length + 256);
          buffer.set(bytes);
          let result: unknown;
          try {
            result = decode(new DataView(buffer.buffer), 0, bytes.length);
          } catch {
            return;
          }
          const before = structuredClone(result);
          buffer.fill(0xff);
          expect(result).toEqual(before);
        }),
        { numRuns: 200 },
      );
    },
  );
});
