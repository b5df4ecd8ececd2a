import type { PublicIdentity } from '@truetuple/core';

/** The identity that the gateway stands on. */
export type OwnIdentity = PublicIdentity;

/** An identity while this process uses it. */
export interface TakenIdentity {
  readonly identity: OwnIdentity;
  /** Resolves with the reason once it is no longer ours; never, while it is. */
  readonly lost: Promise<string>;
  /** Gives back what this process took; nothing, when somebody else holds it. */
  readonly release: () => Promise<void>;
}
