import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../errors.ts';
import { readCapture, readPcap } from './read-pcap.ts';

function u16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function u32(value: number): number[] {
  return [...u16(value >>> 16), ...u16(value & 0xffff)];
}

function littleEndian(value: number): number[] {
  return u32(value).toReversed();
}

const udp = [...u16(5060), ...u16(5070), ...u16(12), 0, 0, 0x53, 0x49, 0x50, 0x21];

function ipv4(body: readonly number[], fragment = 0): number[] {
  const length = u16(20 + body.length);
  return [
    0x45,
    0,
    ...length,
    0,
    7,
    ...u16(fragment),
    64,
    17,
    0,
    0,
    192,
    0,
    2,
    1,
    192,
    0,
    2,
    2,
    ...body,
  ];
}

/** 2001:db8::1, and the like. */
function ipv6Address(last: number): number[] {
  return [0x20, 1, 0xd, 0xb8, ...Array.from({ length: 11 }, () => 0), last];
}

function ipv6(next: number, body: readonly number[]): number[] {
  return [
    0x60,
    0,
    0,
    0,
    ...u16(body.length),
    next,
    64,
    ...ipv6Address(1),
    ...ipv6Address(2),
    ...body,
  ];
}

const macs = Array.from({ length: 12 }, () => 2);

/** As tcpdump writes it on a little-endian machine. */
function pcap(
  linkType: number,
  packets: readonly (readonly number[])[],
  magic = 0xa1b2c3d4,
): Uint8Array {
  const header = [magic, 0x0004_0002, 0, 0, 262_144, linkType].flatMap(littleEndian);
  const records = packets.flatMap((packet) => [
    ...[1_700_000_000, 250_000, packet.length, packet.length].flatMap(littleEndian),
    ...packet,
  ]);
  return Uint8Array.from([...header, ...records]);
}

function block(type: number, body: readonly number[]): number[] {
  const padded = [...body, ...Array.from({ length: (4 - (body.length % 4)) % 4 }, () => 0)];
  const length = u32(padded.length + 12);
  return [...u32(type), ...length, ...padded, ...length];
}

/** Big endian, with nanoseconds told by if_tsresol. */
function pcapng(packet: readonly number[]): Uint8Array {
  const section = block(0x0a0d0d0a, [
    ...u32(0x1a2b3c4d),
    0,
    1,
    0,
    0,
    ...u32(0xffffffff),
    ...u32(0xffffffff),
  ]);
  const link = block(1, [...u16(1), 0, 0, ...u32(0), 0, 9, 0, 1, 9, 0, 0, 0, 0, 0, 0, 0]);
  const at = 1_700_000_000_250_000_000n;
  const stamp = [...u32(Number(at >> 32n)), ...u32(Number(at & 0xffffffffn))];
  const name = block(4, [0, 0, 0, 0]);
  const frame = block(6, [
    ...u32(0),
    ...stamp,
    ...u32(packet.length),
    ...u32(packet.length),
    ...packet,
  ]);
  return Uint8Array.from([...section, ...link, ...name, ...frame]);
}

const ethernet = [...macs, 8, 0, ...ipv4(udp)];
const expected = {
  atMs: 1_700_000_000_250,
  source: { address: '192.0.2.1', port: 5060 },
  destination: { address: '192.0.2.2', port: 5070 },
  payload: Uint8Array.from([0x53, 0x49, 0x50, 0x21]),
};

describe('a capture file', () => {
  it.each([
    ['Ethernet', 1, ethernet],
    ['Ethernet with padding', 1, [...ethernet, 0, 0, 0, 0, 0, 0]],
    ['two VLAN tags', 1, [...macs, 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 0, ...ipv4(udp)]],
    ['Linux cooked', 113, [0, 0, 0, 1, 0, 6, 2, 2, 2, 2, 2, 2, 0, 0, 8, 0, ...ipv4(udp)]],
    ['Linux cooked 2', 276, [8, 0, ...Array.from({ length: 18 }, () => 0), ...ipv4(udp)]],
    ['BSD loopback', 0, [2, 0, 0, 0, ...ipv4(udp)]],
    ['raw IP', 101, ipv4(udp)],
    ['IPv4', 228, ipv4(udp)],
  ])('with a link of %s', (_, linkType, packet) => {
    expect(readPcap(pcap(linkType, [packet]))).toEqual([expected]);
  });

  it('with IPv6, extension headers and a fragment header of its own', () => {
    const addresses = {
      source: { address: '2001:db8::1', port: 5060 },
      destination: { address: '2001:db8::2', port: 5070 },
    };
    const { atMs, payload } = expected;
    const options = [17, 0, 1, 4, 0, 0, 0, 0];
    const atomic = [17, 0, 0, 0, ...u32(9)];
    for (const packet of [
      ipv6(17, udp),
      ipv6(0, [...options, ...udp]),
      ipv6(44, [...atomic, ...udp]),
    ]) {
      expect(readPcap(pcap(229, [packet]))).toEqual([{ atMs, ...addresses, payload }]);
    }
  });

  it('puts fragments together in whatever order they come', () => {
    const [first, last] = [ipv4(udp.slice(0, 8), 0x2000), ipv4(udp.slice(8), 1)];
    expect(readPcap(pcap(101, [last, first]))).toEqual([expected]);
    expect(readPcap(pcap(101, [last]))).toEqual([]);
  });

  it('in pcapng, and with nanoseconds in pcap', () => {
    expect(readPcap(pcapng(ethernet))).toEqual([expected]);
    const [datagram] = readPcap(pcap(1, [ethernet], 0xa1b23c4d));
    expect(datagram?.atMs).toBe(1_700_000_000_000.25);
  });

  it('that ends within a packet is read up to there', () => {
    const two = pcap(1, [ethernet, ethernet]);
    const second = 24 + 16 + ethernet.length;
    for (const length of [second + 1, second + 16, two.length - 1]) {
      expect(readCapture(two.subarray(0, length))).toEqual({
        datagrams: [expected],
        cutOffAt: second,
      });
    }
    const ng = pcapng(ethernet);
    // the block of a packet: 12 bytes around it, 20 before the packet, which is padded to four bytes
    const packet = ng.length - 32 - 4 * Math.ceil(ethernet.length / 4);
    for (const length of [packet + 1, ng.length - 2]) {
      expect(readCapture(ng.subarray(0, length))).toEqual({ datagrams: [], cutOffAt: packet });
    }
    for (const whole of [two, two.subarray(0, second), ng, pcap(1, [])]) {
      expect(readCapture(whole).cutOffAt).toBeUndefined();
    }
    expect(readPcap(two.subarray(0, -1))).toEqual([expected]);
  });

  it('that is none is refused, with where and why', () => {
    expect(() => readPcap(new TextEncoder().encode('INVITE'))).toThrow(
      'at byte 0 neither pcap nor pcapng begins',
    );
    expect(() => readPcap(pcap(1, []).subarray(0, 20))).toThrow('at byte 20 its header ends early');
    const huge = pcap(1, [ethernet]);
    huge.set(littleEndian(0x7fff_ffff), 32);
    expect(() => readPcap(huge)).toThrow('at byte 24 a packet of 2147483647 bytes is announced');
  });

  const whole = [
    pcap(1, [ethernet, ethernet]),
    pcapng(ethernet),
    pcap(101, [ipv4(udp.slice(0, 8), 0x2000), ipv4(udp.slice(8), 1)]),
  ];
  property.prop([
    fc.constantFrom(...whole),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
    fc.nat(),
  ])('whatever is in it, throws nothing but an error of ours', (file, changes, end) => {
    const bytes = Uint8Array.from(file).subarray(0, end % (file.length + 1));
    for (const [at, byte] of changes) if (bytes.length > 0) bytes[at % bytes.length] = byte;
    try {
      readPcap(bytes);
    } catch (error) {
      expect(GatewayError.is(error) && error.code).toBe('CaptureInvalid');
    }
  });
});
