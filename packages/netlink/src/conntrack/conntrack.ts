import { Connection } from '../connection.ts';
import { facesOf } from '../faces.ts';
import type { Faced } from '../faces.ts';
import type { NetnsReference } from '../network-namespace.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planFlows } from './flows.ts';
import type { Flows } from './flows.ts';
import type { Face } from '../plan.ts';

/** What can be asked. */
export interface ConntrackVerbs<F extends Face = 'async'> {
  readonly flows: Flows<F>;
}

/** Connection tracking (nfnetlink, NFNL_SUBSYS_CTNETLINK) in one network namespace: what `conntrack` asks. */
export interface Conntrack
  extends
    ConntrackVerbs,
    Faced<ConntrackVerbs, ConntrackVerbs<'sync'>, ConntrackVerbs<'batch'>>,
    AsyncDisposable,
    Disposable {
  close(): void;
}

/**
 * Opens connection tracking in the namespace given (object, path or descriptor), else in that of this process. Everything, listing
 * too, needs CAP_NET_ADMIN there.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openConntrack(options: { netns?: NetnsReference } = {}): Promise<Conntrack> {
  const connection = new Connection(options.netns, netlinkProtocol.netfilter);
  const close = (): void => {
    connection.close();
  };
  const verbs = facesOf<ConntrackVerbs, ConntrackVerbs<'sync'>, ConntrackVerbs<'batch'>>(
    { flows: planFlows() },
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
