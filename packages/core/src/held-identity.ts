import type { PublicIdentity } from './identity/public-identity.ts';

/** The handle of an identity this process holds; `await using` gives it back at the end of a block. */
export interface HeldIdentity extends AsyncDisposable {
  readonly identity: PublicIdentity;
  /** Gives everything back. Safe to call again: the second call awaits the first. */
  release(): Promise<void>;
}

export function holdIdentity(
  identity: PublicIdentity,
  giveBack: (identity: PublicIdentity) => Promise<void>,
): HeldIdentity {
  let releasing: Promise<void> | undefined;
  const release = (): Promise<void> => {
    // a release that failed can be tried again
    releasing ??= giveBack(identity).catch((error: unknown) => {
      releasing = undefined;
      throw error;
    });
    return releasing;
  };
  return { identity, release, [Symbol.asyncDispose]: release };
}
