import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { payloadOf, takeApart } from '../testing/captured-message.ts';
import { formatIpAddress } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeAddress } from './decode-address.ts';
import { encodeAddAddress, encodeListAddresses, encodeRemoveAddress } from './encode-address.ts';
import type { NewAddress } from './address.ts';
import type { Scope } from './scope.ts';

// Requests of iproute2 6.1 and answers of Linux 6.18, taken with strace.
const request = {
  plain: '2800000014000506c221016b000000000218000003000000080002000a000280080001000a000280',
  public:
    '3000000014000506c221016b00000000022000fd0300000008000200cb007107080008000002000008000100cb007107',
  ipv6: '4000000014000506c221016b000000000a400200030000001400020020010db80002000000000000000000801400010020010db8000200000000000000000080',
  remove: '2800000015000500c221016b00000000022000000300000008000200cb00710708000100cb007107',
};
const answer = {
  public:
    '5000000014002200c321016b464c0000022080fd0300000008000100cb00710708000200cb007107090003006e65743100000000080008008002000014000600ffffffffffffffffad330400ad330400',
  plain:
    '5000000014002200c321016b464c00000218800003000000080001000a000280080002000a000280090003006e65743100000000080008008000000014000600ffffffffffffffffab330400ab330400',
  ipv6: '4800000014002200c321016b464c00000a408200030000001400010020010db800020000000000000000008014000600ffffffffffffffffaf330400af3304000800080082000000',
  tentative:
    '5000000014002200c321016b464c00000a40c0fd0300000014000100fe80000000000000000000fffe00028014000600ffffffffffffffffa9330400a933040008000800c000000005000b0003000000',
};
const headerLength = 8;
const writer = new MessageWriter(true);
const publicAddress: NewAddress = {
  linkIndex: 3,
  address: '203.0.113.7/32',
  scope: 'link',
  noPrefixRoute: true,
};

describe('the bytes of address requests', () => {
  it.each<[string, NewAddress, string]>([
    ['an address', { linkIndex: 3, address: '10.0.2.128/24' }, request.plain],
    ['a public /32 of scope link', publicAddress, request.public],
  ])('%s is what ip sends', (_, address, captured) => {
    const ours = takeApart(encodeAddAddress(writer, address, true), headerLength);
    expect(ours).toEqual(takeApart(captured, headerLength));
  });

  it('an IPv6 address is what ip sends', () => {
    const address = { linkIndex: 3, address: '2001:db8:2::80/64', noDuplicateDetection: true };
    const ours = takeApart(encodeAddAddress(writer, address, true), headerLength);
    expect(ours).toEqual(takeApart(request.ipv6, headerLength));
  });

  it('a removal is what ip sends', () => {
    const ours = takeApart(encodeRemoveAddress(writer, publicAddress), headerLength);
    expect(ours).toEqual(takeApart(request.remove, headerLength));
  });

  it('not exclusive means replace', () => {
    const { flags } = takeApart(encodeAddAddress(writer, publicAddress, false), headerLength);
    expect(flags).toBe(0x1 | 0x4 | 0x400 | 0x100);
  });

  it('a list filters by link in the kernel', () => {
    const list = takeApart(encodeListAddresses(writer, { linkIndex: 3, family: 'ipv6' }), 8);
    expect(list).toEqual({ type: 22, flags: 0x301, header: '0a00000003000000', attributes: {} });
  });

  it('an address that is none is refused with a remedy', () => {
    expect(() =>
      encodeAddAddress(writer, { linkIndex: 3, address: '10.0.2.300/24' }, true),
    ).toThrow(
      expect.objectContaining({
        code: 'EINPUT',
        remedy: expect.stringContaining('10.0.2.128') as unknown,
      }),
    );
  });
});

describe('the addresses the kernel reports', () => {
  it.each([
    [
      'a public /32',
      answer.public,
      { ...publicAddress, family: 'ipv4', label: 'net1', permanent: true },
    ],
    [
      'an address',
      answer.plain,
      {
        family: 'ipv4',
        linkIndex: 3,
        address: '10.0.2.128/24',
        scope: 'global',
        label: 'net1',
        permanent: true,
      },
    ],
    [
      'an IPv6 address',
      answer.ipv6,
      {
        family: 'ipv6',
        linkIndex: 3,
        address: '2001:db8:2::80/64',
        scope: 'global',
        noDuplicateDetection: true,
        permanent: true,
      },
    ],
    [
      'a tentative IPv6 address',
      answer.tentative,
      {
        family: 'ipv6',
        linkIndex: 3,
        address: 'fe80::ff:fe00:280/64',
        scope: 'link',
        permanent: true,
        tentative: true,
        protocol: 3,
      },
    ],
  ])('%s', (_, message, address) => {
    expect(decodeAddress(...payloadOf(message))).toEqual(address);
  });
});

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIpAddress);
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(formatIpAddress);

describe('round trips', () => {
  it('what is encoded is decoded', () => {
    const some = { linkIndex: fc.integer({ min: 1, max: 0xffffffff }) };
    const scope = fc.constantFrom<Scope[]>('global', 'link', 'host', 9);
    const optional = {
      noPrefixRoute: fc.constant(true),
      protocol: fc.integer({ min: 0, max: 255 }),
    };
    const plain = fc
      .oneof(
        fc.tuple(ipv4, fc.integer({ min: 0, max: 32 })),
        fc.tuple(ipv6, fc.integer({ min: 0, max: 128 })),
      )
      .map(([address, length]) => `${address}/${String(length)}`);
    const any = fc.record(
      { ...some, ...optional, address: plain, scope },
      {
        requiredKeys: ['linkIndex', 'address', 'scope'],
      },
    );
    fc.assert(
      fc.property(any, (address) => {
        const message = encodeAddAddress(writer, address, true);
        const view = new DataView(message.buffer, 0, message.length);
        expect(decodeAddress(view, 16, message.length)).toEqual({
          ...address,
          family: address.address.includes(':') ? 'ipv6' : 'ipv4',
        });
      }),
    );
  });

  it('a peer keeps its prefix length apart from the own address', () => {
    const address = {
      linkIndex: 4,
      address: '10.0.0.1/32',
      peer: '10.0.0.2/30',
      broadcast: '1.2.3.4',
    };
    const message = encodeAddAddress(writer, { ...address, label: 'a:1' }, true);
    const view = new DataView(message.buffer, 0, message.length);
    expect(decodeAddress(view, 16, message.length)).toEqual({
      ...address,
      family: 'ipv4',
      scope: 'global',
      label: 'a:1',
    });
  });
});
