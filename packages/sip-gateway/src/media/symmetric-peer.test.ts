import { expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import { admit, destinationOf, relearn, renegotiate } from './symmetric-peer.ts';

const address = '198.51.100.50' as Ipv4Address;
const bind = '10.0.2.128' as Ipv4Address;
const from = (port: number): { address: Ipv4Address; port: number } => ({ address, port });
const fresh = renegotiate(undefined, { address, port: 4000, bind }, undefined);

it('learns the port of the first packet, once', () => {
  const learned = admit(fresh, from(61_000));
  expect(learned && destinationOf(learned)).toEqual(from(61_000));
  expect(admit(learned, from(61_000))).toBe(learned);
  expect(admit(learned, from(61_002))).toBeUndefined();
});

it('a packet from the negotiated port takes the place of what was learned', () => {
  const settled = admit(admit(fresh, from(61_000)), from(4000));
  expect(settled && destinationOf(settled)).toEqual(from(4000));
  expect(admit(settled, from(61_000))).toBeUndefined();
});

it.each([4000, 61_000])(
  'what is under way from the old port %d is taken and not learned when the port changes',
  (old) => {
    const moved = renegotiate(admit(fresh, from(old)), { address, port: 4002, bind }, undefined);
    const late = admit(moved, from(old));
    expect(late && destinationOf(late)).toEqual(from(4002));
    // behind a port-changing NAT the new port is seen as another one
    for (const port of [4002, 61_004]) {
      const learned = admit(late, from(port));
      expect(learned && destinationOf(learned)).toEqual(from(port));
      expect(admit(learned, from(old))).toBeUndefined();
    }
  },
);

it('sends to the negotiated port until then', () => {
  expect(fresh && destinationOf(fresh)).toEqual(from(4000));
});

it('takes nothing from another address, and nothing before there is a peer', () => {
  expect(admit(fresh, { address: '198.51.100.51' as Ipv4Address, port: 4000 })).toBeUndefined();
  expect(admit(undefined, from(4000))).toBeUndefined();
  expect(admit(fresh, from(0))).toBeUndefined();
});

it('a description with the same endpoint keeps what was learned, another one forgets it', () => {
  const learned = admit(fresh, from(61_000));
  expect(renegotiate(learned, { address, port: 4000, bind }, undefined)?.learnedPort).toBe(61_000);
  expect(
    renegotiate(learned, { address, port: 4002, bind }, undefined)?.learnedPort,
  ).toBeUndefined();
  expect(renegotiate(learned, undefined, undefined)).toBeUndefined();
});

it('the same endpoint lets another port be learned once, from a time on, unless the learned one sends again', () => {
  const learned = admit(fresh, from(61_000));
  const again = renegotiate(learned, { address, port: 4000, bind }, 5000);
  expect(admit(again, from(61_002))).toBeUndefined();
  expect(again && relearn(again, from(61_002), 4999)).toBeUndefined();
  const stranger = { address: '198.51.100.51' as Ipv4Address, port: 61_002 };
  expect(again && relearn(again, stranger, 5000)).toBeUndefined();
  expect(again && relearn(again, from(0), 5000)).toBeUndefined();
  const moved = again && relearn(again, from(61_002), 5000);
  expect(moved && destinationOf(moved)).toEqual(from(61_002));
  expect(admit(moved, from(61_000))).toBeUndefined();
  expect(moved && relearn(moved, from(61_000), 9000)).toBeUndefined();
  const heard = admit(again, from(61_000));
  expect(heard && relearn(heard, from(61_002), 5000)).toBeUndefined();
});
