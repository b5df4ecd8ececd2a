import type { PublicIdentity } from './public-identity.ts';

/** Port: where a proven identity is told. Real: adapters/file. Fake: testing/memory-publisher. */
export interface Publisher {
  /** Makes the identity visible at once and whole; returns it with its generation. Forgets what was released. */
  publish(identity: Omit<PublicIdentity, 'generation'>): Promise<PublicIdentity>;
  /**
   * As publish, for who keeps what he was given: with the next generation, also after a withdrawal. Undefined,
   * with nothing left published of it, when the identity was released before or meanwhile.
   */
  republish(identity: PublicIdentity): Promise<PublicIdentity | undefined>;
  /** Takes it back, only if what is published is still this one; absent is done. */
  withdraw(identity: PublicIdentity): Promise<void>;
  /** Withdraws it for good: be it published or not, each process that keeps it learns so from `isReleased`. */
  release(identity: PublicIdentity): Promise<void>;
  /** True from a release of the same pod's hold on the same address until the next publish, or another release. */
  isReleased(identity: PublicIdentity): Promise<boolean>;
  /** What is published now. */
  current(): Promise<PublicIdentity | undefined>;
}
