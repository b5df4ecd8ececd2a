import { fc, test } from '@fast-check/vitest';
import { expect } from 'vitest';
import { cidrContains, ipv4FromNumber, networkOf, type Cidr } from '../identity/address.ts';
import { everyAddress, touches, without, type AddressSpace } from './address-space.ts';

const someAddress = fc.integer({ min: 0, max: 0xff_ff_ff_ff }).map(ipv4FromNumber);
const someBlock = fc
  .tuple(someAddress, fc.integer({ min: 0, max: 32 }))
  .map(([address, length]) => networkOf(address, length));
const isIn = (space: AddressSpace, address: string): boolean => touches(space, `${address}/32`);

test.prop([fc.array(someBlock, { maxLength: 8 }), someAddress])(
  'an address is left exactly when no block has it',
  (blocks, address) => {
    const isTaken = blocks.some((block: Cidr) => cidrContains(block, address));
    expect(isIn(without(everyAddress, blocks), address)).toBe(!isTaken);
  },
);

test.prop([someBlock])('a block is in what is left, or in what it took', (block) => {
  const left = without(everyAddress, [block]);
  expect(touches(left, block)).toBe(false);
  expect(touches(everyAddress, block)).toBe(true);
  expect(without(without(everyAddress, [block]), ['0.0.0.0/1', '128.0.0.0/1'])).toEqual([]);
});

test.prop([fc.constantFrom('2001:db8::/32', 'pl-1', '10.0.0.1/8')])('%s is no block', (text) => {
  expect(without(everyAddress, [text])).toEqual(everyAddress);
  expect(touches(everyAddress, text)).toBe(false);
});
