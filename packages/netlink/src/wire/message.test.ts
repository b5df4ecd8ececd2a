import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NetlinkError } from '../errors.ts';
import { AttributeCursor } from './attribute-cursor.ts';
import { readHeader, writeSequence } from './message-header.ts';
import type { MessageHeader } from './message-header.ts';
import { MessageWriter } from './message-writer.ts';

const blank = (): MessageHeader => ({ length: 0, type: 0, flags: 0, sequence: 0, portId: 0 });
const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe.each([
  ['little', true],
  ['big', false],
])('in %s-endian order', (_, littleEndian) => {
  it('a header is read as it was written', () => {
    const message = new MessageWriter(littleEndian).begin(24, 0x305).u32(7).finish();
    writeSequence(message, 0, 0xfffffffe, littleEndian);
    const header = blank();
    expect(readHeader(viewOf(message), 0, message.length, header, littleEndian)).toBe(true);
    expect(header).toEqual({ length: 20, type: 24, flags: 0x305, sequence: 0xfffffffe, portId: 0 });
  });

  it('attributes of every kind are read as they were written', () => {
    const writer = new MessageWriter(littleEndian);
    const big = 2 ** 40 + 5;
    writer.begin(1, 2).attributeU8(1, 0xfe).attributeU16(2, 0xfedc).attributeU32(3, 0xfedcba98);
    writer
      .attributeU64(4, big)
      .attributeString(5, 'net1')
      .attribute(6, Uint8Array.of(1, 2, 3));
    const outer = writer.start(7 | 0x8000);
    writer.attributeU32(1, 9).end(outer).attributeU32(8, 0xffffffff);
    const message = writer.finish();
    const cursor = new AttributeCursor(viewOf(message), 16, message.length, littleEndian);
    const at = (): AttributeCursor => {
      expect(cursor.next()).toBe(true);
      return cursor;
    };
    expect(at().u8()).toBe(0xfe);
    expect(at().u16()).toBe(0xfedc);
    expect(at().u32()).toBe(0xfedcba98);
    expect(at().u64()).toBe(big);
    expect(at().string()).toBe('net1');
    expect(at().copy()).toEqual(Uint8Array.of(1, 2, 3));
    const nested = at().nested();
    expect([cursor.type, nested.next(), nested.u32(), nested.next()]).toEqual([7, true, 9, false]);
    expect(at().i32()).toBe(-1);
    expect(cursor.next()).toBe(false);
    expect(message.length % 4).toBe(0);
  });

  it('a message grows beyond the first buffer, and the next one starts anew', () => {
    const writer = new MessageWriter(littleEndian);
    const long = writer.begin(1, 1).attribute(9, new Uint8Array(5000).fill(7)).finish();
    expect(long.length).toBe(16 + 4 + 5000);
    const cursor = new AttributeCursor(viewOf(long), 16, long.length, littleEndian);
    expect([cursor.next(), cursor.copy().every((byte) => byte === 7)]).toEqual([true, true]);
    expect(viewOf(writer.begin(1, 1).finish()).getUint32(0, littleEndian)).toBe(16);
  });
});

describe('lengths that lie', () => {
  it.each([
    ['shorter than an attribute header', [3, 0, 1, 0]],
    ['zero', [0, 0, 1, 0]],
    ['longer than what is there', [9, 0, 1, 0, 1, 2, 3, 4]],
    ['cut within the header', [8, 0, 1]],
  ])('%s: the walk ends', (_, bytes) => {
    const cursor = new AttributeCursor(viewOf(Uint8Array.from(bytes)), 0, bytes.length, true);
    expect(cursor.next()).toBe(false);
  });

  it('an end beyond the buffer is cut to the buffer', () => {
    const cursor = new AttributeCursor(viewOf(Uint8Array.of(8, 0, 1, 0, 1, 2, 3, 4)), 0, 999, true);
    expect([cursor.next(), cursor.next()]).toEqual([true, false]);
  });

  it('a payload shorter than its type throws instead of reading on', () => {
    const cursor = new AttributeCursor(viewOf(Uint8Array.of(6, 0, 1, 0, 1, 2, 9, 9)), 0, 8, true);
    cursor.next();
    for (const read of [(): number => cursor.u32(), (): number => cursor.u64()]) {
      expect(read).toThrow(expect.objectContaining({ code: 'EBADMSG' }));
    }
    expect(cursor.u16()).toBe(0x0201);
  });

  it('headers: any bytes either hold a whole message or none', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.nat(80), fc.nat(80), (bytes, at, end) => {
        const header = blank();
        if (!readHeader(viewOf(bytes), at, end, header, true)) return;
        expect(header.length).toBeGreaterThanOrEqual(16);
        expect(at + header.length).toBeLessThanOrEqual(Math.min(end, bytes.length));
      }),
      { numRuns: 1000 },
    );
  });

  it('walks: any bytes end the walk, within the range', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const cursor = new AttributeCursor(viewOf(bytes), 0, bytes.length, true);
        let last = 0;
        while (cursor.next()) {
          expect(cursor.start).toBeGreaterThan(last);
          expect(cursor.end).toBeLessThanOrEqual(bytes.length);
          last = cursor.start;
          try {
            cursor.u64();
          } catch (error) {
            expect(NetlinkError.is(error)).toBe(true);
          }
        }
      }),
      { numRuns: 1000 },
    );
  });
});
