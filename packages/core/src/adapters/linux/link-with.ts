import type { Rtnetlink } from '@truetuple/netlink';
import type { Ipv4Address } from '../../identity/address.ts';

/** RTM_GETADDR of all links. */
export async function linkWith(
  { addresses, links }: Rtnetlink,
  address: Ipv4Address,
): Promise<string | undefined> {
  const held = await addresses.list({ family: 'ipv4' });
  const found = held.find((one) => one.address === `${address}/32`);
  return found && (await links.get({ index: found.linkIndex }))?.name;
}
