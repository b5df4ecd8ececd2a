import type { PublicIdentity } from './public-identity.ts';

/** Port: where a proven identity is told. Real: adapters/file. Fake: testing/memory-publisher. */
export interface Publisher {
  /** Makes the identity visible at once and whole; returns it with its generation. */
  publish(identity: Omit<PublicIdentity, 'generation'>): Promise<PublicIdentity>;
  /** Takes it back, only if what is published is still this one; absent is done. */
  withdraw(identity: PublicIdentity): Promise<void>;
  /** What is published now. */
  current(): Promise<PublicIdentity | undefined>;
}
