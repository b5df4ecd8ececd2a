import { NetlinkError } from '../errors.ts';

/** What `remove` found: what is absent is as wanted, and no error. */
export type Removed = 'removed' | 'absent';

/** What `ensure` did: nothing was there, all was as wanted, or what was there is now as wanted. */
export type Ensured = 'created' | 'unchanged' | 'replaced';

/** @throws NetlinkError whatever the request rejects with, but for "not found". */
export async function removedOrAbsent(request: Promise<void>): Promise<Removed> {
  try {
    await request;
    return 'removed';
  } catch (error) {
    if (NetlinkError.is(error) && error.isNotFound) return 'absent';
    throw error;
  }
}
