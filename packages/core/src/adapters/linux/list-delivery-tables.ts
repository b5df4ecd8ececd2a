import { NetlinkError } from '@truetuple/netlink';
import { isIpv4Address } from '../../identity/address.ts';
import { deliveryTableAddress, type HeldDeliveryTable } from '../../kernel/delivery-table.ts';
import type { KernelSockets } from './kernel-sockets.ts';

/** Of every delivery table. */
export const deliveryFamily = 'ip';

/** What a kernel says that has no nftables, or tells this process nothing of it. */
const untold: ReadonlySet<string> = new Set(['EPERM', 'EINVAL', 'EOPNOTSUPP', 'EPROTONOSUPPORT']);

/** Every delivery table of the namespace; undefined when the kernel does not tell. */
export async function listDeliveryTables({
  nft,
  deliveries,
}: KernelSockets): Promise<readonly HeldDeliveryTable[] | undefined> {
  if (nft === undefined) return undefined;
  try {
    const tables = await nft.tables.list({ family: deliveryFamily });
    const ours = tables
      .flatMap((table) => {
        const publicIp = deliveryTableAddress(table.table);
        return publicIp === undefined || !isIpv4Address(publicIp) ? [] : [{ table, publicIp }];
      })
      .toSorted((a, b) => (a.publicIp < b.publicIp ? -1 : 1));
    return await Promise.all(
      ours.map(async ({ table, publicIp }): Promise<HeldDeliveryTable> => {
        // a dormant table sees no packets
        const isDormant = table.flags.length > 0;
        const does = isDormant ? undefined : await (await deliveries()).read(publicIp);
        return does === undefined ? { publicIp } : { publicIp, does };
      }),
    );
  } catch (error) {
    if (NetlinkError.is(error) && untold.has(error.code)) return undefined;
    throw error;
  }
}
