import type { PublicIdentity } from '@truetuple/core';

/** An identity while this process uses it. */
export interface TakenIdentity {
  /** As it is now: who keeps it may have claimed it anew. */
  readonly identity: PublicIdentity;
  /** Why it is not proven at this moment; undefined when it is. */
  readonly unproven: () => string | undefined;
  /** Resolves with the reason once it is no longer ours; never, while it is. */
  readonly lost: Promise<string>;
  /** Gives back what this process took; nothing, when somebody else holds it. */
  readonly release: () => Promise<void>;
}
