import type { NetnsReference } from '../network-namespace.ts';
import { openFaces } from '../open-faces.ts';
import type { Opened } from '../open-faces.ts';
import type { Face } from '../plan.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planSockets } from './sockets.ts';
import type { Sockets } from './sockets.ts';

/** What can be asked. */
export interface SockDiagVerbs<F extends Face = 'async'> {
  readonly sockets: Sockets<F>;
}

/** sock_diag(7) in one network namespace: what `ss` asks. */
export type SockDiag = Opened<SockDiagVerbs, SockDiagVerbs<'sync'>, SockDiagVerbs<'batch'>>;

/**
 * Opens sock_diag in the namespace given (object, path or descriptor), else in that of this process. Listing needs no rights.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openSockDiag(options: { netns?: NetnsReference } = {}): Promise<SockDiag> {
  return openFaces({ sockets: planSockets() }, netlinkProtocol.sockDiag, options.netns);
}
