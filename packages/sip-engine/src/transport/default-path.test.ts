import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { VirtualNetwork } from '../testing/virtual-network.ts';
import { defaultPathTo } from './default-path.ts';
import type { SendPath } from './send-path.ts';
import type { Transport } from './transport.ts';

const network = new VirtualNetwork(new FakeClock());
const sockets = ['127.0.0.1', '10.0.0.1', '10.0.0.2', '2001:db8::1'].map((address) =>
  network.open({ address, port: 5060 }),
);
const pathTo = defaultPathTo({ transports: sockets, contact: undefined, mediaHosts: undefined });
const socketTo = (address: string, preferred?: Transport): string | undefined =>
  pathTo({ address, port: 5060 }, preferred)?.transport.localAddress.address;

describe('without a rule of its own, an engine sends', () => {
  it.each([
    ['127.0.0.9', '127.0.0.1'],
    ['192.0.2.1', '10.0.0.1'],
    ['2001:db8::9', '2001:db8::1'],
  ])('to %s from %s', (to, from) => {
    expect(socketTo(to)).toBe(from);
  });

  it('from the socket that the peer talked to, where the family allows it', () => {
    const [, , second] = sockets;
    expect(socketTo('192.0.2.1', second)).toBe('10.0.0.2');
    expect(socketTo('2001:db8::9', second)).toBe('2001:db8::1');
  });

  it('nothing where there is no socket of the family', () => {
    const transports = sockets.slice(0, 1);
    const only = defaultPathTo({ transports, contact: undefined, mediaHosts: undefined });
    expect(only({ address: '2001:db8::9', port: 5060 })).toBeUndefined();
  });
});

const told = (
  contact: { host: string; port: number | undefined } | undefined,
): SendPath | undefined =>
  defaultPathTo({ transports: sockets, contact, mediaHosts: 'any' })({
    address: '192.0.2.1',
    port: 5060,
  });

describe('what it tells', () => {
  it('is the bound tuple, or as much of `contact` as is given', () => {
    expect(told(undefined)).toMatchObject({
      advertised: { host: '10.0.0.1', port: 5060 },
      mediaHosts: 'any',
    });
    expect(told({ host: '203.0.113.50', port: undefined })).toMatchObject({
      advertised: { host: '203.0.113.50', port: 5060 },
    });
    expect(told({ host: '203.0.113.50', port: 7 })).toMatchObject({ advertised: { port: 7 } });
  });
});
