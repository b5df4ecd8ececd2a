import { describe, expect, it } from 'vitest';
import { encodePcapHeader, encodePcapRecord } from './pcap.ts';

describe('pcap', () => {
  it('starts with the nanosecond magic, version 2.4 and LINKTYPE_ETHERNET', () => {
    expect(Buffer.from(encodePcapHeader()).toString('hex')).toBe(
      '4d3cb2a10200040000000000000000000000040001000000',
    );
  });

  it('stamps a record with seconds and nanoseconds and says both lengths', () => {
    const record = encodePcapRecord({
      atNs: 1_700_000_000_123_456_789n,
      bytes: Uint8Array.of(1, 2, 3),
      originalLength: 9,
    });
    const view = new DataView(record.buffer);
    expect([0, 4, 8, 12].map((at) => view.getUint32(at, true))).toEqual([
      1_700_000_000, 123_456_789, 3, 9,
    ]);
    expect([...record.subarray(16)]).toEqual([1, 2, 3]);
  });
});
