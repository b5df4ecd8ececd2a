import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadOf, takeApart } from '../testing/captured-message.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeRoute } from './decode-route.ts';
import {
  encodeAddRoute,
  encodeListRoutes,
  encodeLookupRoute,
  encodeRemoveRoute,
} from './encode-route.ts';
import type { NewRoute, RouteType } from './route.ts';
import type { Scope } from './scope.ts';

// Requests of iproute2 6.1 and answers of Linux 6.18, taken with strace.
const request = {
  defaultOnlink:
    '4800000018000506c221016b000000000200000000bc000104000000080005000a00020108000f00e803000008000600' +
    '3200000008000400030000000c00080008000200dc050000',
  unreachable: '2400000018000506c221016b0000000002000000c8bc00070000000008000600002000ff',
  multipath:
    '4800000018000506c221016b0000000002180000c80300010000000008000100c63364002400090010000001030000' +
    '00080005000a0002011000000003000000080005000a000202',
  ipv6:
    '4c00000018000506c221016b000000000a300000c8030001000000001400010020010db80009000000000000000000' +
    '001400050020010db80002000000000000000000010800040003000000',
  remove: '1c00000019000500c221016b0000000002000000c800ff0700000000',
  lookup:
    '2c0000001a000100c221016b000000000220200000000000001000000800010008080808080002000a000280',
  list: '240000001a000103c221016b0000000002000000000000000000000008000f00c8000000',
};
const answer = {
  unreachable:
    '2c00000018002200c221016b3a4c000002000000c8bc00070000000008000f00c800000008000600002000ff',
  multipath:
    '5000000018002200c221016b3a4c000002180000c80300010000000008000f00c800000008000100c633640024000900' +
    '1000000103000000080005000a0002011000000003000000080005000a000202',
  defaultOnlink:
    '4800000018002200c221016b3e4c000002000000fcbc00010400000008000f00e803000008000600320000000c000800' +
    '08000200dc050000080005000a0002010800040003000000',
  ipv6:
    '8800000018002200c221016b424c00000a300000c80300010000000008000f00c80000001400010020010db800090000' +
    '000000000000000008000600000400001400050020010db8000200000000000000000001080004000300000024000c00' +
    '00000000000000000000000000000000000000000000000000000000000000000500140000000000',
};
const headerLength = 12;
const writer = new MessageWriter(true);

describe('the bytes of route requests', () => {
  it.each<[string, NewRoute, string]>([
    [
      'an onlink default route',
      {
        destination: '0.0.0.0/0',
        gateway: '10.0.2.1',
        linkIndex: 3,
        onlink: true,
        table: 1000,
        protocol: 188,
        mtu: 1500,
        metric: 50,
      },
      request.defaultOnlink,
    ],
    [
      'an unreachable default route',
      {
        destination: '0.0.0.0/0',
        type: 'unreachable',
        table: 200,
        protocol: 188,
        metric: 4_278_198_272,
      },
      request.unreachable,
    ],
    [
      'a multipath route',
      {
        destination: '198.51.100.0/24',
        table: 200,
        protocol: 3,
        nextHops: [
          { gateway: '10.0.2.1', linkIndex: 3, weight: 2 },
          { gateway: '10.0.2.2', linkIndex: 3 },
        ],
      },
      request.multipath,
    ],
    [
      'an IPv6 route',
      {
        destination: '2001:db8:9::/48',
        gateway: '2001:db8:2::1',
        linkIndex: 3,
        table: 200,
        protocol: 3,
      },
      request.ipv6,
    ],
  ])('%s is what ip sends', (_, route, captured) => {
    const ours = takeApart(encodeAddRoute(writer, route, 'exclusive'), headerLength);
    expect(ours).toEqual(takeApart(captured, headerLength));
  });

  it('a removal leaves scope and protocol to match anything', () => {
    const route: NewRoute = { destination: '0.0.0.0/0', type: 'unreachable', table: 200 };
    const ours = takeApart(encodeRemoveRoute(writer, route), headerLength);
    expect(ours).toEqual(takeApart(request.remove, headerLength));
  });

  it('a lookup and a list are what ip sends', () => {
    const lookup = encodeLookupRoute(writer, { to: '8.8.8.8', from: '10.0.2.128' });
    expect(takeApart(lookup, headerLength)).toEqual(takeApart(request.lookup, headerLength));
    const list = encodeListRoutes(writer, 'ipv4', { table: 200 });
    expect(takeApart(list, headerLength)).toEqual(takeApart(request.list, headerLength));
  });

  it('replacing asks the kernel to replace', () => {
    const message = encodeAddRoute(writer, { destination: '10.0.0.0/8' }, 'replace');
    expect(takeApart(message, headerLength).flags).toBe(0x1 | 0x4 | 0x400 | 0x100);
  });

  it('a family that contradicts the destination is refused', () => {
    const route: NewRoute = { destination: '10.0.0.0/8', family: 'ipv6' };
    expect(() => encodeAddRoute(writer, route, 'exclusive')).toThrow(
      expect.objectContaining({
        code: 'EINPUT',
        remedy: expect.stringContaining('destination') as unknown,
      }),
    );
  });

  it.each<[NewRoute, number]>([
    [{ destination: '10.0.0.0/8', linkIndex: 3 }, 253],
    [{ destination: '10.0.0.0/8', gateway: '10.0.0.1' }, 0],
    [{ destination: '10.0.0.1/32', type: 'local', linkIndex: 1 }, 254],
    [{ destination: '10.0.0.0/8', type: 'blackhole' }, 0],
    [{ destination: '2001:db8::/32', linkIndex: 3 }, 0],
    [{ destination: '10.0.0.0/8', linkIndex: 3, scope: 'global' }, 0],
  ])('%j gets scope %i', (route, scope) => {
    expect(encodeAddRoute(writer, route, 'exclusive')[16 + 6]).toBe(scope);
  });
});

describe('the routes the kernel reports', () => {
  it.each([
    [
      'unreachable',
      answer.unreachable,
      {
        family: 'ipv4',
        type: 'unreachable',
        destination: '0.0.0.0/0',
        table: 200,
        protocol: 188,
        scope: 'global',
        metric: 4_278_198_272,
        flags: [],
      },
    ],
    [
      'onlink, in a table above 255',
      answer.defaultOnlink,
      {
        family: 'ipv4',
        type: 'unicast',
        destination: '0.0.0.0/0',
        gateway: '10.0.2.1',
        linkIndex: 3,
        table: 1000,
        protocol: 188,
        scope: 'global',
        metric: 50,
        mtu: 1500,
        onlink: true,
        flags: ['onlink'],
      },
    ],
    [
      'multipath',
      answer.multipath,
      {
        family: 'ipv4',
        type: 'unicast',
        destination: '198.51.100.0/24',
        table: 200,
        protocol: 3,
        scope: 'global',
        nextHops: [
          { gateway: '10.0.2.1', linkIndex: 3, weight: 2, flags: [] },
          { gateway: '10.0.2.2', linkIndex: 3, weight: 1, flags: [] },
        ],
        flags: [],
      },
    ],
    [
      'IPv6',
      answer.ipv6,
      {
        family: 'ipv6',
        type: 'unicast',
        destination: '2001:db8:9::/48',
        gateway: '2001:db8:2::1',
        linkIndex: 3,
        table: 200,
        protocol: 3,
        scope: 'global',
        metric: 1024,
        flags: [],
      },
    ],
  ])('%s', (_, message, route) => {
    expect(decodeRoute(...payloadOf(message))).toEqual(route);
  });

  it('an unknown attribute is kept as it came', () => {
    expect(decodeRoute(...payloadOf(withAttribute('06006500aabb0000')))?.unknownAttributes).toEqual(
      [{ type: 0x65, bytes: Uint8Array.of(0xaa, 0xbb) }],
    );
  });

  it('an unknown attribute of a next hop is kept as it came', () => {
    const encap = '0a00fe800000000000000000000000000001';
    const hop = `200000000300000016001600${encap}0000`; // RTA_ENCAP
    const route = decodeRoute(...payloadOf(`50${answer.unreachable.slice(2)}24000900${hop}`));
    expect(route?.nextHops).toEqual([
      {
        linkIndex: 3,
        weight: 1,
        flags: [],
        unknownAttributes: [{ type: 22, bytes: Uint8Array.from(Buffer.from(encap, 'hex')) }],
      },
    ]);
  });

  it('a next hop by a gateway of the other family (RFC 5549)', () => {
    const via = '0a00fe800000000000000000000000000001';
    const hop = `200000000300000016001200${via}0000`; // RTA_VIA
    const route = decodeRoute(...payloadOf(`50${answer.unreachable.slice(2)}24000900${hop}`));
    expect(route?.nextHops).toEqual([{ linkIndex: 3, weight: 1, flags: [], gateway: 'fe80::1' }]);
  });

  it('another family is not a route of ours', () => {
    expect(decodeRoute(...payloadOf(answer.unreachable.replace('02000000c8', '80000000c8')))).toBe(
      undefined,
    );
  });
});

/** The unreachable route with one more attribute at its end. */
function withAttribute(attribute: string): string {
  return `34${answer.unreachable.slice(2)}${attribute}`;
}

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIpAddress);
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const anyRoute = fc.record(
  {
    destination: fc
      .tuple(ipv4, fc.integer({ min: 1, max: 32 }))
      .map(([address, length]) => `${address}/${String(length)}`),
    type: fc.constantFrom<RouteType[]>('unicast', 'unreachable', 'blackhole', 'local'),
    gateway: ipv4,
    linkIndex: fc.integer({ min: 1, max: 0x7fffffff }),
    table: fc.integer({ min: 1, max: 0xffffffff }),
    protocol: fc.integer({ min: 0, max: 255 }),
    scope: fc.constantFrom<Scope[]>('global', 'link', 'host', 77),
    metric: u32,
    preferredSource: ipv4,
    mtu: u32,
  },
  { requiredKeys: ['destination', 'type', 'table', 'protocol', 'scope'] },
);

describe('round trips', () => {
  it('what is encoded is decoded', () => {
    fc.assert(
      fc.property(anyRoute, (route) => {
        const message = encodeAddRoute(writer, route, 'exclusive');
        const view = new DataView(message.buffer, 0, message.length);
        expect(decodeRoute(view, 16, message.length)).toEqual({
          family: 'ipv4',
          flags: [],
          ...route,
        });
      }),
    );
  });
});
