/** The least of nftables: which tables there are, and that something changed. The rest is in `./nftables`. */
export type { NftFamily } from './nftables/family.ts';
export type { NftFilter } from './nftables/listing.ts';
export { openNftTables } from './nftables/nft-tables.ts';
export type { NftTables } from './nftables/nft-tables.ts';
export type { NftTable, TableRef } from './nftables/table.ts';
export type { NftWatch } from './nftables/watch.ts';
