import { CoreError } from './errors.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { keepIdentity } from './keep-public-identity.ts';
import type { KeepOptions, Keeping } from './keep/keeping.ts';
import type { NodePorts } from './node-ports.ts';
import { releaseIdentity } from './release-public-identity.ts';

/** The handle of an identity this process holds; `await using` gives it back at the end of a block. */
export interface HeldIdentity extends AsyncDisposable {
  /** As it is now: a keep changes it. */
  readonly identity: PublicIdentity;
  /**
   * As keepPublicIdentity, with the node and the directory of the ensure. Release ends it first.
   * @throws CoreError AlreadyReleased once release() was called, be it that it failed.
   */
  keep(options?: KeepOptions): Promise<Keeping>;
  /** Gives everything back. Safe to call again: the second call awaits the first. */
  release(): Promise<void>;
}

/** Of what an ensure published, or found published. */
export function holdIdentity(
  published: PublicIdentity,
  where: { readonly node: NodePorts; readonly identityDirectory: string },
): HeldIdentity {
  let identity = published;
  let releasing: Promise<void> | undefined;
  let isReleased = false;
  const keepings = new Set<Promise<Keeping>>();
  const giveBack = async (): Promise<void> => {
    for (const opening of keepings)
      await opening.then((keeping) => keeping.close()).catch(() => {});
    await releaseIdentity(identity, where);
  };
  const release = (): Promise<void> => {
    isReleased = true;
    // a release that failed can be tried again
    releasing ??= giveBack().catch((error: unknown) => {
      releasing = undefined;
      throw error;
    });
    return releasing;
  };
  return {
    get identity() {
      return identity;
    },
    keep: async (options = {}) => {
      if (isReleased) throw alreadyReleased(identity);
      const onIdentity = (now: PublicIdentity): void => {
        identity = now;
      };
      const keeping = keepIdentity(identity, { ...where, ...options }, onIdentity);
      keepings.add(keeping);
      return keeping;
    },
    release,
    [Symbol.asyncDispose]: release,
  };
}

function alreadyReleased({ publicIp }: PublicIdentity): CoreError {
  return new CoreError({
    code: 'AlreadyReleased',
    message: `Keeping ${publicIp}: this handle was released before`,
    remedy: 'Call ensurePublicIdentity and keep the handle that it returns.',
    retry: 'never',
  });
}
