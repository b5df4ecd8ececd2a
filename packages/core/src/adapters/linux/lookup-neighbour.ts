import type { Rtnetlink } from '@truetuple/netlink';
import type { NeighbourEntry, NeighbourLookup } from '../../kernel/kernel-port.ts';

/** RTM_GETNEIGH: what the kernel knows of an address on a link. */
export async function lookupNeighbour(
  netlink: Rtnetlink,
  { linkName, address }: NeighbourLookup,
): Promise<NeighbourEntry | undefined> {
  const link = await netlink.links.get({ name: linkName });
  if (link === undefined) return undefined;
  const neighbours = await netlink.neighbours.list({ linkIndex: link.index, family: 'ipv4' });
  const found = neighbours.find((one) => one.address === address);
  return found && { state: found.state, macAddress: found.macAddress };
}
