import { inputError } from '../errors.ts';
import { nftFamily } from '../schema/nftables.ts';
import { namesOf } from '../schema/name-table.ts';

/** NFPROTO_*: what packets a table sees. `inet` is ip and ip6 together. */
export type NftFamily = keyof typeof nftFamily;

const names = namesOf(nftFamily);

export function nftFamilyNumber(family: NftFamily): number {
  const number: number | undefined = nftFamily[family];
  if (number !== undefined) return number;
  throw inputError(
    `"${family}" is no family of nftables`,
    `Give one of ${Object.keys(nftFamily).join(', ')}.`,
  );
}

/** undefined for a family this package has no name for. */
export function nftFamilyName(number: number): NftFamily | undefined {
  return names.get(number);
}
