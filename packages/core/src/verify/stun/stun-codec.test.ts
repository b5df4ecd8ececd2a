import { createHmac } from 'node:crypto';
import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { formatEndpoint } from '../datagram-port.ts';
import { bytesOfIp, ipOfBytes } from '../../identity/ip-text.ts';
import { decodeStun, encodeStun, peekTransactionId, stunLimits } from './stun-codec.ts';
import {
  attributeOf,
  bindingMethod,
  transactionIdOf,
  unknownRequiredTypes,
  type StunAttribute,
  type StunMessage,
} from './stun-message.ts';

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));

/** RFC 5769: section 2.1 request, 2.2 IPv4 response, 2.3 IPv6 response. */
const header = '2112a442 b7e7a701bc34d686fa87dfae';
const sampleRequest = bytesOf(`00010058 ${header}
  80220010 5354554e207465737420636c69656e74  00240004 6e0001ff  80290008 932ff9b151263b36
  00060009 6576746a3a68367659202020  00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2  80280004 e57a3bcf`);
const ipv4Response = bytesOf(`0101003c ${header}
  8022000b 7465737420766563746f7220  00200008 0001a147e112a643
  00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7  80280004 c07d4c96`);
const ipv6Response = bytesOf(`01010048 ${header}
  8022000b 7465737420766563746f7220  00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9
  00080014 a382954e4be67bf11784c97c8292c275bfe3ed41  80280004 c8fb0b4c`);

function read(bytes: Uint8Array): StunMessage {
  const decoded = decodeStun(bytes);
  if (decoded.kind !== 'message') throw new Error(JSON.stringify(decoded));
  expect(decoded.hasFingerprint).toBe(true);
  return decoded.message;
}

describe('the samples of RFC 5769', () => {
  it('reads the request: padding that is not zero, attributes of ICE kept raw', () => {
    const message = read(sampleRequest);
    expect(message).toMatchObject({ class: 'request', method: bindingMethod });
    expect(attributeOf(message, 'software')?.text).toBe('STUN test client');
    // PRIORITY has to be understood, USERNAME and MESSAGE-INTEGRITY are, ICE-CONTROLLED need not be
    expect(unknownRequiredTypes(message)).toEqual([0x0024]);
  });

  it.each([
    ['IPv4', ipv4Response, '192.0.2.1:32853'],
    ['IPv6', ipv6Response, '[2001:db8:1234:5678:11:2233:4455:6677]:32853'],
  ])('reads the %s response', (_family, bytes, mapped) => {
    const message = read(bytes);
    expect(message.class).toBe('success');
    const at = attributeOf(message, 'xor-mapped-address')?.at;
    expect(at === undefined ? at : formatEndpoint(at)).toBe(mapped);
    expect(unknownRequiredTypes(message)).toEqual([]);
  });

  it.each([ipv4Response, ipv6Response])('copied them right: their integrity holds too', (bytes) => {
    const sealed = bytes.slice(0, bytes.length - 8 - 24);
    new DataView(sealed.buffer).setUint16(2, bytes.length - 20 - 8);
    const key = 'VOkJxbRl1RmTxUk/WvJxBt';
    const integrity = bytes.slice(bytes.length - 8 - 20, bytes.length - 8);
    expect(createHmac('sha1', key).update(sealed).digest()).toEqual(Buffer.from(integrity));
  });

  it('every bit that flips is noticed', () => {
    for (let bit = 0; bit < ipv4Response.length * 8; bit++) {
      const flipped = ipv4Response.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = decodeStun(flipped);
      const isSame = decoded.kind === 'message' && decoded.hasFingerprint;
      expect(isSame, `bit ${bit}`).toBe(false);
    }
  });
});

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipOfBytes);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipOfBytes);
const sparseIpv6 = fc
  .array(fc.constantFrom(0, 0, 1, 0xabcd), { minLength: 8, maxLength: 8 })
  .map((groups) =>
    ipOfBytes(Uint8Array.from(groups.flatMap((group) => [group >> 8, group & 0xff]))),
  );
const at = fc.record({ address: fc.oneof(ipv4, ipv6, sparseIpv6), port: fc.nat(0xffff) });
const text = fc.string({ unit: 'grapheme', maxLength: 30 });
const attribute: fc.Arbitrary<StunAttribute> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      'mapped-address' as const,
      'xor-mapped-address' as const,
      'response-origin' as const,
      'other-address' as const,
    ),
    at,
  }),
  fc.record({
    kind: fc.constant('change-request' as const),
    changeAddress: fc.boolean(),
    changePort: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('error-code' as const),
    code: fc.integer({ min: 300, max: 699 }),
    reason: text,
  }),
  fc.record({ kind: fc.constant('unknown-attributes' as const), types: fc.array(fc.nat(0xffff)) }),
  fc.record({ kind: fc.constant('software' as const), text }),
  fc.record({
    kind: fc.constant('raw' as const),
    // no type that is read, and none that ends the attributes
    type: fc.constantFrom(0x0006, 0x0024, 0x0027, 0x8029, 0xc001),
    value: fc.uint8Array({ maxLength: 40 }),
  }),
);
const message: fc.Arbitrary<StunMessage> = fc.record({
  class: fc.constantFrom('request', 'indication', 'success', 'error'),
  method: fc.nat(0xfff),
  transactionId: fc.uint8Array({ minLength: 12, maxLength: 12 }).map(transactionIdOf),
  attributes: fc.array(attribute, { maxLength: 8 }),
});

describe('the codec', () => {
  test.prop([message])('reads what it writes', (sent) => {
    const bytes = encodeStun(sent);
    expect(read(bytes)).toEqual(sent);
    expect(peekTransactionId(bytes)).toBe(sent.transactionId);
  });

  test.prop([message, fc.nat(), fc.nat(255)])(
    'says of every spoilt message what is wrong',
    (sent, where, what) => {
      const bytes = encodeStun(sent);
      const index = where % bytes.length;
      const spoilt = bytes.slice();
      spoilt[index] = what;
      const decoded = decodeStun(spoilt);
      if (what === bytes[index]) expect(decoded.kind).toBe('message');
      // a byte that changes is never taken for a message whose fingerprint holds
      else expect(decoded.kind === 'message' && decoded.hasFingerprint).toBe(false);
    },
  );

  test.prop([message, fc.nat()])('takes no part of a message for the whole', (sent, length) => {
    const bytes = encodeStun(sent);
    expect(decodeStun(bytes.subarray(0, length % bytes.length)).kind).not.toBe('message');
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])('never throws on anything', (bytes) => {
    expect(['message', 'not-stun', 'malformed']).toContain(decodeStun(bytes).kind);
    const dressed = Uint8Array.of(0, 1, 0, bytes.length & 0xfc, 0x21, 0x12, 0xa4, 0x42, ...bytes);
    expect(['message', 'not-stun', 'malformed']).toContain(decodeStun(dressed).kind);
  });

  test.prop([fc.oneof(ipv4, ipv6, sparseIpv6)])('IP text goes there and back', (address) => {
    expect(ipOfBytes(bytesOfIp(address) ?? new Uint8Array())).toBe(address);
  });
});

describe('hostile and odd messages', () => {
  const id = transactionIdOf(new Uint8Array(12));
  const plain = (
    attributes: string,
    length = attributes.replaceAll(/\s/g, '').length / 2,
  ): Uint8Array =>
    bytesOf(
      `0101${length.toString(16).padStart(4, '0')} 2112a442 ${'00'.repeat(12)} ${attributes}`,
    );

  it.each([
    ['a length that is no multiple of four', plain('00', 1), /length field says 1/],
    ['a length that lies', plain('80220000', 8), /length field says 8 of 4 bytes/],
    ['an attribute that ends outside', plain('80220008 00000000'), /0x8022 ends outside/],
    ['a short address', plain('00200004 00010000'), /0x0020 cannot be read/],
    ['an address family of nobody', plain('00200008 0003000000000000'), /0x0020 cannot be read/],
    ['an IPv6 family with an IPv4 address', plain('00200008 0002000000000000'), /0x0020/],
    ['an error class of 7', plain('00090004 00000700'), /0x0009 cannot be read/],
    ['an error number of 100', plain('00090004 00000464'), /0x0009 cannot be read/],
    ['half an unknown type', plain('000a0003 00010000'), /0x000a cannot be read/],
    ['a short CHANGE-REQUEST', plain('00030000'), /0x0003 cannot be read/],
    ['a wrong FINGERPRINT', plain('80280004 00000000'), /FINGERPRINT is wrong/],
    ['something behind the FINGERPRINT', plain('80280004 00000000 80220000'), /not the last/],
    ['65 attributes', plain('80220000'.repeat(65)), /too many attributes/],
    ['more bytes than are read', plain('80220000'.repeat(600)), /bytes are too many/],
  ])('%s', (_name, bytes, why) => {
    const decoded = decodeStun(bytes);
    expect(decoded.kind === 'malformed' && decoded.why).toMatch(why);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a keep-alive of SIP', bytesOf('0d0a0d0a')],
    ['SIP', new TextEncoder().encode('INVITE sip:a@example SIP/2.0\r\n\r\n')],
    ['RTP', bytesOf(`80000001 00000000 00000000 ${'d5'.repeat(160)}`)],
    ['STUN of RFC 3489, without the cookie', bytesOf(`00010000 ${'00'.repeat(16)}`)],
  ])('%s is no STUN', (_name, bytes) => {
    expect(decodeStun(bytes)).toEqual({ kind: 'not-stun' });
  });

  it('reads a message without a FINGERPRINT', () => {
    expect(decodeStun(plain('00200008 0001000000000000'))).toMatchObject({
      kind: 'message',
      hasFingerprint: false,
    });
  });

  it('believes nothing that stands behind MESSAGE-INTEGRITY', () => {
    const decoded = decodeStun(plain(`00080014 ${'00'.repeat(20)} 00200008 0001a147e112a643`));
    expect(
      decoded.kind === 'message' && attributeOf(decoded.message, 'xor-mapped-address'),
    ).toBeUndefined();
  });

  it('writes nothing that it could not read', () => {
    const request = { class: 'request', method: bindingMethod, transactionId: id } as const;
    const value = new Uint8Array(stunLimits.bytes);
    expect(() =>
      encodeStun({ ...request, attributes: [{ kind: 'raw', type: 0x8030, value }] }),
    ).toThrow(RangeError);
    expect(() => encodeStun({ ...request, method: 0x1000, attributes: [] })).toThrow(RangeError);
    const nowhere = { address: 'stun.example', port: 1 };
    expect(() =>
      encodeStun({ ...request, attributes: [{ kind: 'mapped-address', at: nowhere }] }),
    ).toThrow(RangeError);
  });

  it.each([
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7::8',
    'g::',
    ':1',
    '12345::',
  ])('"%s" is no IP address', (address) => expect(bytesOfIp(address)).toBeUndefined());

  it.each([
    ['::', '00'.repeat(16)],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
    ['2001:0:0:1::1', '20010000000000010000000000000001'],
    ['2001:db8:0:1:1:1:1:1', '20010db8000000010001000100010001'],
  ])('%s is written as RFC 5952 says', (written, hex) => {
    expect(ipOfBytes(bytesOf(hex))).toBe(written);
  });
});
