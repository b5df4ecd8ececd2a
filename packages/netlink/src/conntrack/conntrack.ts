import type { NetnsReference } from '../network-namespace.ts';
import { openFaces } from '../open-faces.ts';
import type { Opened } from '../open-faces.ts';
import type { Face } from '../plan.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planFlows } from './flows.ts';
import type { Flows } from './flows.ts';

/** What can be asked. */
export interface ConntrackVerbs<F extends Face = 'async'> {
  readonly flows: Flows<F>;
}

/** Connection tracking (nfnetlink, NFNL_SUBSYS_CTNETLINK) in one network namespace: what `conntrack` asks. */
export type Conntrack = Opened<ConntrackVerbs, ConntrackVerbs<'sync'>, ConntrackVerbs<'batch'>>;

/**
 * Opens connection tracking in the namespace given (object, path or descriptor), else in that of this process. Everything, listing
 * too, needs CAP_NET_ADMIN there.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openConntrack(options: { netns?: NetnsReference } = {}): Promise<Conntrack> {
  return openFaces({ flows: planFlows() }, netlinkProtocol.netfilter, options.netns);
}
