import { Connection } from '../connection.ts';
import { faceOf } from '../faces.ts';
import type { NetnsReference } from '../network-namespace.ts';
import { carryOut } from '../requests.ts';
import { netlinkProtocol } from '../schema/netlink.ts';
import { planFlows } from './flows.ts';
import type { Flows } from './flows.ts';

/** Connection tracking (nfnetlink, NFNL_SUBSYS_CTNETLINK) in one network namespace: what `conntrack` asks. */
export interface Conntrack extends AsyncDisposable, Disposable {
  readonly flows: Flows;
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
  const plans = { flows: planFlows() };
  const { flows } = faceOf<typeof plans, { readonly flows: Flows }>(plans, async (verb, values) =>
    carryOut(connection, verb(...values)),
  );
  return {
    flows,
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
