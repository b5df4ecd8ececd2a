import { Connection } from './connection.ts';
import { facesOf } from './faces.ts';
import type { Faced } from './faces.ts';
import type { NetnsReference } from './network-namespace.ts';

/** A netlink bus, held open, with its verbs in every face. */
export type Opened<Async, Sync, Batch> = Async &
  Faced<Async, Sync, Batch> &
  AsyncDisposable &
  Disposable & {
    close(): void;
  };

/**
 * Opens a bus in the namespace given (object, path or descriptor), else in that of this process.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export function openFaces<Async, Sync, Batch>(
  plans: object,
  protocol: number,
  netns: NetnsReference | undefined,
): Opened<Async, Sync, Batch> {
  const connection = new Connection(netns, protocol);
  const close = (): void => {
    connection.close();
  };
  return {
    ...facesOf<Async, Sync, Batch>(plans, connection),
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
