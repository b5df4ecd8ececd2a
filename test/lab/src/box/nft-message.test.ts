import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { associationElements, privateIpElements } from './nft-elements.ts';
import { decodeAnswers, encodeElementBatch, encodeListCounters } from './nft-message.ts';

/** The attributes that nft 1.0.6 sends (`--debug=mnl`), for the same two commands. */
const fromNft = {
  add: '20000380 1c000180 0c000180 08000100 0a000280 0c000280 08000100 cb007132',
  delete:
    '08000100 76706300 10000200 656e695f 61646472 65737300 24000380 20000180 1c000180 18000100' +
    '656e692d 6e6f6465 2d620000 00000000 0a000280',
};
/** The kernel's answer for a counter no_eip of 7 packets, and the end of the list. */
const fromKernel = {
  counter:
    '60000000 120a0208 05000000 d0020000 02000002 08000100 69677700 0b000200 6e6f5f65 69700000' +
    '08000300 00000001 0c000600 00000000 00000001 08000500 00000000 1c000400 0c000100 00000000' +
    '00000009 0c000200 00000000 00000007',
  done: '14000000 03000200 05000000 d0020000 00000000',
};

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const hex = (message: Uint8Array): string => Buffer.from(message).toString('hex');

describe('nftables messages', () => {
  it('puts the elements as nft does, between the ends of one batch', () => {
    const [out] = associationElements('add', '203.0.113.50', '10.0.2.128');
    const [owned] = privateIpElements('delete', 'eni-node-b', '10.0.2.128');
    if (out === undefined || owned === undefined) throw new Error('no elements');
    const batch = hex(encodeElementBatch([out, owned], 7));
    expect(batch).toMatch(/^140000001000010009000000000000000000000a/);
    expect(batch).toMatch(/140000001100010009000000000000000000000a$/);
    expect(batch).toContain(hex(bytes(fromNft.add)));
    expect(batch).toContain(hex(bytes(fromNft.delete)));
    // request, ack and create for the first; request and ack for the second
    expect(batch).toContain('0c0a050407000000');
    expect(batch).toContain('0e0a050008000000');
  });

  it('reads counters and the end of a list', () => {
    expect(decodeAnswers(bytes(fromKernel.counter + fromKernel.done))).toEqual([
      { kind: 'counter', name: 'no_eip', packets: 7 },
      { kind: 'dump-done', sequence: 5 },
    ]);
    expect(hex(encodeListCounters('igw', 5))).toBe(
      '24000000130a010305000000000000000200000008000100696777000800030000000001',
    );
  });

  it('reads a refusal', () => {
    expect(decodeAnswers(bytes('14000000 02000000 08000000 00000000 feffffff'))).toEqual([
      { kind: 'ack', sequence: 8, errno: 2 },
    ]);
  });

  test.prop([fc.nat({ max: 116 }), fc.uint8Array({ minLength: 116, maxLength: 116 })])(
    'never reads beyond a damaged answer, and always ends',
    (cut, noise) => {
      const whole = bytes(fromKernel.counter + fromKernel.done);
      const damaged = whole.map((byte, at) => ((noise[at] ?? 0) < 12 ? (noise[at] ?? 0) : byte));
      expect(() => decodeAnswers(damaged.subarray(0, cut))).not.toThrow();
    },
  );
});
