import { eniLossRows } from './eni-loss-rows.ts';
import { failClosedRows } from './fail-closed-rows.ts';
import { identityRows } from './identity-rows.ts';
import { ipvlanRows } from './ipvlan-rows.ts';
import { ipv6Rows } from './ipv6-rows.ts';
import { linkKindRows } from './link-kind-rows.ts';
import { matrixRows } from './matrix-rows.ts';
import { nftablesRows } from './nftables-rows.ts';
import type { GuestRow } from './row.ts';

/** All that one VM run proves, in order. */
export const guestRows: readonly GuestRow[] = [
  ...ipvlanRows,
  ...linkKindRows,
  ...eniLossRows,
  ...failClosedRows,
  ...matrixRows,
  ...identityRows,
  ...ipv6Rows,
  ...nftablesRows,
];
