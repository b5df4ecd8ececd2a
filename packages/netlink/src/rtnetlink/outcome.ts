import type { NetlinkError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import { concluded } from '../plan.ts';
import type { Command } from '../plan.ts';

/** What `remove` found: what is absent is as wanted, and no error. */
export type Removed = 'removed' | 'absent';

/** What `ensure` did: nothing was there, all was as wanted, or what was there is now as wanted. */
export type Ensured = 'created' | 'unchanged' | 'replaced';

/** A removal, refused by whatever refuses the request but for "not found". */
export function removedOrAbsent(exchange: Exchange): Command<Removed> {
  return concluded(exchange, judgeRemoval);
}

function judgeRemoval(refusal: NetlinkError | undefined): Removed {
  if (refusal === undefined) return 'removed';
  if (refusal.isNotFound) return 'absent';
  throw refusal;
}
