import { cidrEnds, ipv4ToNumber, isCidr } from '../identity/address.ts';

/** IPv4 addresses from `first` to `last`, as numbers. */
interface AddressRange {
  readonly first: number;
  readonly last: number;
}

/** Addresses that are spoken of together. */
export type AddressSpace = readonly AddressRange[];

/** Every IPv4 address. */
export const everyAddress: AddressSpace = [{ first: 0, last: 0xff_ff_ff_ff }];

/** The addresses of a space that are in none of the blocks; what is no IPv4 block takes nothing away. */
export function without(space: AddressSpace, blocks: readonly string[]): AddressSpace {
  return blocks.reduce(
    (left, block) => (isCidr(block) ? withoutRange(left, rangeOf(block)) : left),
    space,
  );
}

/** True when some address of the space is in the block. */
export function touches(space: AddressSpace, block: string): boolean {
  if (!isCidr(block)) return false;
  const { first, last } = rangeOf(block);
  return space.some((range) => range.first <= last && first <= range.last);
}

function rangeOf(block: Parameters<typeof cidrEnds>[0]): AddressRange {
  const { first, last } = cidrEnds(block);
  return { first: ipv4ToNumber(first), last: ipv4ToNumber(last) };
}

function withoutRange(space: AddressSpace, { first, last }: AddressRange): AddressSpace {
  return space.flatMap((range) =>
    [
      { first: range.first, last: Math.min(range.last, first - 1) },
      { first: Math.max(range.first, last + 1), last: range.last },
    ].filter((left) => left.first <= left.last),
  );
}
