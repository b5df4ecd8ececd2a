import type { Rtnetlink } from '@truetuple/netlink';
import { truetupleProtocol } from '../../kernel/kernel-step.ts';

interface OurRoute {
  readonly destination: string;
  readonly linkIndex: number;
  readonly table: number;
  readonly metric: number;
}

/** Takes a route of ours off the link; one that is not there is done. One with another protocol number stays. */
export async function removeOurRoute(
  { routes }: Rtnetlink,
  family: 'ipv4' | 'ipv6',
  { destination, linkIndex, table, metric }: OurRoute,
): Promise<void> {
  const protocol = truetupleProtocol;
  await routes.remove({ family, type: 'unicast', destination, linkIndex, table, metric, protocol });
}
