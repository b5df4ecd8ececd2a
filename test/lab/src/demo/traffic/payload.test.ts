import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { flows } from './flow.ts';
import { decodePayload, encodePayload, flowMark } from './payload.ts';
import { Tally } from './tally.ts';

const payload = fc.record({
  flow: fc.constantFrom(...flows.map(({ name }) => name)),
  sequence: fc.integer({ min: 1, max: 250 }),
  advertised: fc.ipV4().map((address) => `${address}:5060`),
});

describe('payload', () => {
  test.prop([payload])('is read back as it was written, in the length of an RTP packet', (one) => {
    const bytes = encodePayload(one);
    expect(bytes).toHaveLength(172);
    expect(decodePayload(bytes)).toEqual(one);
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])('is never read from foreign bytes', (bytes) => {
    expect(decodePayload(bytes)).toBeUndefined();
  });

  it('starts with the mark that finds its flow and no other in a capture', () => {
    for (const one of flows) {
      const text = new TextDecoder().decode(
        encodePayload({ flow: one.name, sequence: 1, advertised: '1.2.3.4:5' }),
      );
      expect(flows.filter(({ name }) => text.includes(flowMark(name)))).toEqual([one]);
    }
  });
});

function packet(sequence: number): Uint8Array {
  return encodePayload({ flow: 'vpc-sip-in', sequence, advertised: '10.0.1.100:5060' });
}

describe('Tally', () => {
  it('counts distinct packets, all copies, sources and advertised tuples of a flow', () => {
    const tally = new Tally();
    const source = { address: '203.0.113.7', port: 9 };
    const other = { address: '203.0.113.7', port: 10 };
    tally.count(packet(1), source);
    tally.count(packet(1), other);
    expect(tally.count(packet(2), source)).toEqual({ flow: 'vpc-sip-in', packets: 2 });
    expect(tally.count(new Uint8Array(4), source)).toBeUndefined();
    expect(tally.of('vpc-sip-in')).toEqual({
      packets: 2,
      copies: 3,
      sources: ['203.0.113.7:9', '203.0.113.7:10'],
      advertised: ['10.0.1.100:5060'],
    });
    expect(tally.of('vpc-rtp-in').packets).toBe(0);
  });
});
