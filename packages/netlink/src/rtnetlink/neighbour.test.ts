import { describe, expect, it } from 'vitest';
import { payloadOf, takeApart } from '../testing/captured-message.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import {
  decodeNeighbour,
  encodeListNeighbours,
  encodeRemoveNeighbour,
  encodeAddNeighbour,
} from './neighbour.ts';
import { encodeSetNeighbourTable } from './neighbour-table.ts';

// Requests of iproute2 6.1 and answers of Linux 6.18, taken with strace.
const request = {
  replace:
    '300000001c000505c321016b00000000020000000300000080000000080001000a0002090a0002000200000002090000',
  proxy: '240000001c000506c321016b00000000020000000300000080000800080001000a00024d',
  table:
    '4800000043000501c321016b00000000000000000e0001006172705f63616368650000002400060008000100030000000c00050064000000000000000c000d000000000000000000',
};
const answer = {
  permanent:
    '4c0000001c000200c321016b564c0000020000000300000080000001080001000a0002090a000200020000000209000008000400000000001400030004000000040000000400000000000000',
  multicast:
    '580000001c000200c321016b564c00000a000000030000004000000514000100ff0200000000000000000001ff0002800a0002003333ff00028000000800040000000000140003008e1700001e0000001e00000000000000',
};
const headerLength = 12;
const writer = new MessageWriter(true);

describe('neighbour requests', () => {
  it('replacing is what ip sends', () => {
    const entry = { linkIndex: 3, address: '10.0.2.9', macAddress: '02:00:00:00:02:09' };
    const ours = takeApart(encodeAddNeighbour(writer, entry, 'replace'), headerLength);
    expect(ours).toEqual(takeApart(request.replace, headerLength));
  });

  it('a proxy entry is what ip sends, but replaces', () => {
    const entry = { linkIndex: 3, address: '10.0.2.77', proxy: true };
    const expected = takeApart(request.proxy, headerLength);
    const ours = takeApart(encodeAddNeighbour(writer, entry, 'replace'), headerLength);
    expect(ours).toEqual({ ...expected, flags: 0x1 | 0x4 | 0x400 | 0x100 });
    const removal = takeApart(encodeRemoveNeighbour(writer, entry), headerLength);
    expect(removal).toEqual({
      ...expected,
      type: 29,
      flags: 5,
      header: '020000000300000000000800',
    });
  });

  it('a list of proxies says so in its header', () => {
    const list = takeApart(encodeListNeighbours(writer, { proxy: true, family: 'ipv4' }), 12);
    expect(list.header).toBe('020000000000000000000800');
  });

  it('table parameters are u64 milliseconds', () => {
    const parameters = { linkIndex: 3, retransTimeMs: 100, proxyDelayMs: 0 };
    const ours = takeApart(encodeSetNeighbourTable(writer, parameters), 4);
    const expected = takeApart(request.table, 4);
    // ip leaves the family open; the names of the two tables differ anyway.
    expect(ours).toEqual({ ...expected, flags: 5, header: '02000000' });
  });
});

describe('the neighbours the kernel reports', () => {
  it('a permanent entry', () => {
    expect(decodeNeighbour(...payloadOf(answer.permanent))).toEqual({
      family: 'ipv4',
      linkIndex: 3,
      address: '10.0.2.9',
      macAddress: '02:00:00:00:02:09',
      state: 'permanent',
    });
  });

  it('a multicast address needs no resolving', () => {
    expect(decodeNeighbour(...payloadOf(answer.multicast))).toMatchObject({
      address: 'ff02::1:ff00:280',
      state: 'noarp',
    });
  });
});
