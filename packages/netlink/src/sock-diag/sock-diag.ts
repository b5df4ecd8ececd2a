import { Connection } from '../connection.ts';
import { facesOf } from '../faces.ts';
import type { Faced } from '../faces.ts';
import type { NetnsReference } from '../network-namespace.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planSockets } from './sockets.ts';
import type { Sockets } from './sockets.ts';
import type { Face } from '../plan.ts';

/** What can be asked. */
export interface SockDiagVerbs<F extends Face = 'async'> {
  readonly sockets: Sockets<F>;
}

/** sock_diag(7) in one network namespace: what `ss` asks. */
export interface SockDiag
  extends
    SockDiagVerbs,
    Faced<SockDiagVerbs, SockDiagVerbs<'sync'>, SockDiagVerbs<'batch'>>,
    AsyncDisposable,
    Disposable {
  close(): void;
}

/**
 * Opens sock_diag in the namespace given (object, path or descriptor), else in that of this process. Listing needs no rights.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openSockDiag(options: { netns?: NetnsReference } = {}): Promise<SockDiag> {
  const connection = new Connection(options.netns, netlinkProtocol.sockDiag);
  const close = (): void => {
    connection.close();
  };
  const verbs = facesOf<SockDiagVerbs, SockDiagVerbs<'sync'>, SockDiagVerbs<'batch'>>(
    { sockets: planSockets() },
    connection,
  );
  return {
    ...verbs,
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
