import { addonRows } from './addon-rows.ts';
import { linkKindRows } from './link-kind-rows.ts';
import { nftablesRows } from './nftables-rows.ts';
import type { GuestRow } from './row.ts';

/** What netlink has to do on another processor. */
export const netlinkRows: readonly GuestRow[] = [...addonRows, ...linkKindRows, ...nftablesRows];
