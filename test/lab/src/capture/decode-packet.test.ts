import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { decodeFrame } from './decode-packet.ts';
import { describeFrame } from './describe-packet.ts';
import type { Frame, Ipv4Packet } from './packet.ts';

const bytes = (hex: string): Uint8Array =>
  Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const ethernet = '027474000100 027474000200 0800';
const udp = `${ethernet} 4500001f 00010000 40110000 0a000164 cb007132 13c413c4 000b1234 616263`;

function decode(hex: string): Frame {
  const frame = decodeFrame(bytes(hex));
  if (frame === undefined) throw new Error('too short for a frame');
  return frame;
}

function ipv4(hex: string): Ipv4Packet {
  const { network } = decode(hex);
  if (network.kind !== 'ipv4') throw new Error(`decoded as ${network.kind}`);
  return network;
}

describe('decodeFrame', () => {
  it('reads a UDP datagram and ignores Ethernet padding', () => {
    const frame = decode(`${udp} 000000000000`);
    expect(frame.sourceMac).toBe('02:74:74:00:02:00');
    expect(frame.destinationMac).toBe('02:74:74:00:01:00');
    expect(describeFrame(frame)).toBe('10.0.1.100:5060 > 203.0.113.50:5060 UDP 3 bytes');
    const { transport, isFragment, timeToLive } = ipv4(`${udp} 000000000000`);
    expect(transport).toMatchObject({ kind: 'udp', length: 3, checksum: 0x1234 });
    expect(transport.kind === 'udp' && Buffer.from(transport.payload).toString()).toBe('abc');
    expect({ isFragment, timeToLive }).toEqual({ isFragment: false, timeToLive: 64 });
  });

  it('reads ARP', () => {
    const arp = `ffffffffffff 027474000200 0806 0001 0800 06 04 0001 027474000200 0a000201 000000000000 0a000280`;
    expect(decode(arp).network).toEqual({
      kind: 'arp',
      operation: 'request',
      senderMac: '02:74:74:00:02:00',
      senderIp: '10.0.2.1',
      targetIp: '10.0.2.128',
    });
  });

  it('marks the first and the later pieces of a fragmented datagram', () => {
    const first = ipv4(
      `${ethernet} 45000024 00072000 40110000 0a000164 cb007132 13c413c4 0fa00000 6162636465666768`,
    );
    expect(first).toMatchObject({ isFragment: true, fragmentOffset: 0 });
    expect(first.transport).toMatchObject({ kind: 'udp', length: 0xfa0 - 8 });
    const later = ipv4(`${ethernet} 4500001c 00070001 40110000 0a000164 cb007132 6162636465666768`);
    expect(later).toMatchObject({ isFragment: true, fragmentOffset: 8 });
    expect(later.transport).toEqual({ kind: 'later-fragment', length: 8 });
    expect(
      describeFrame(
        decode(`${ethernet} 4500001c 00070001 40110000 0a000164 cb007132 6162636465666768`),
      ),
    ).toBe('10.0.1.100 > 203.0.113.50 8 bytes, fragment at 8');
  });

  it('reads TCP flags and payload', () => {
    const { transport } = ipv4(
      `${ethernet} 4500002a 00004000 40060000 0a000164 cb007132 c35013c4 00000001 00000002 50180200 00000000 6869`,
    );
    expect(transport).toMatchObject({ kind: 'tcp', sourcePort: 50_000, flags: ['PSH', 'ACK'] });
    expect(transport.kind === 'tcp' && Buffer.from(transport.payload).toString()).toBe('hi');
  });

  it('reads the packet that an ICMP error is about, which ends early', () => {
    const quoted = '4500001f 00010000 40110000 0a000164 cb007132 13c413c4 000b1234';
    const frame = decode(
      `${ethernet} 45000038 00000000 40010000 0a000101 0a000164 03010000 00000000 ${quoted}`,
    );
    expect(describeFrame(frame)).toBe(
      '10.0.1.1 > 10.0.1.100 ICMP type 3 code 1 about (10.0.1.100:5060 > 203.0.113.50:5060 UDP 3 bytes)',
    );
  });

  it.each([
    ['IPv4: shorter than 20 bytes', `${ethernet} 45000014`],
    ['IPv4: version is not 4', udp.replace(' 4500', ' 6500')],
    ['IPv4: header length', udp.replace(' 4500', ' 4400')],
    ['IPv4: total length below the header', udp.replace('001f', '0010')],
    ['IPv4: total length beyond the frame', udp.replace('001f', '0100')],
    ['UDP: length below the header', udp.replace('000b', '0007')],
    ['UDP: length beyond the packet', udp.replace('000b', '000c')],
    ['ARP: shorter than 28 bytes', `ffffffffffff 027474000200 0806 0001`],
  ])('says what is wrong: %s', (reason, hex) => {
    const { network } = decode(hex);
    const wrong = network.kind === 'ipv4' ? network.transport : network;
    expect(wrong).toEqual({ kind: 'malformed', reason });
  });

  it('refuses what is shorter than an Ethernet header', () => {
    expect(decodeFrame(new Uint8Array(13))).toBeUndefined();
  });

  test.prop([fc.uint8Array({ maxLength: 80 }), fc.constantFrom('0800', '0806', '86dd')])(
    'never throws, whatever the bytes',
    (tail, etherType) => {
      const head = bytes(`027474000100 027474000200 ${etherType}`);
      const frame = decodeFrame(new Uint8Array([...head, ...tail]));
      expect(describeFrame(frame as Frame).length).toBeGreaterThan(0);
    },
  );

  test.prop([fc.nat({ max: 45 }), fc.uint8Array({ minLength: 46, maxLength: 46 })])(
    'never throws on a damaged datagram cut anywhere',
    (cut, noise) => {
      const whole = bytes(udp);
      const damaged = whole.map((byte, at) =>
        at > 13 && (noise[at] ?? 0) < 20 ? (noise[at] ?? 0) : byte,
      );
      expect(() => decodeFrame(damaged.subarray(0, cut))).not.toThrow();
    },
  );
});
