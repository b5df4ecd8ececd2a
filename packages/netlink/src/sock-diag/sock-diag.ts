import { Connection } from '../connection.ts';
import { faceOf } from '../faces.ts';
import type { NetnsReference } from '../network-namespace.ts';
import { carryOut } from '../requests.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planSockets } from './sockets.ts';
import type { Sockets } from './sockets.ts';

/** sock_diag(7) in one network namespace: what `ss` asks. */
export interface SockDiag extends AsyncDisposable, Disposable {
  readonly sockets: Sockets;
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
  const plans = { sockets: planSockets() };
  const { sockets } = faceOf<typeof plans, { readonly sockets: Sockets }>(
    plans,
    async (verb, values) => carryOut(connection, verb(...values)),
  );
  return {
    sockets,
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
