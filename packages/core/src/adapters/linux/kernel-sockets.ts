import { openRtnetlink, type Rtnetlink } from '@truetuple/netlink';
import { openNftTables, type NftTables } from '@truetuple/netlink/nft-tables';
import type { LinuxKernelOptions } from './linux-kernel.ts';
import type { Deliveries } from './open-deliveries.ts';
import { settingFiles, type SettingFiles } from './setting-files.ts';
import { unlessMissing } from './unless-missing.ts';

/** The sockets that the kernel of one namespace is spoken to by. */
export interface KernelSockets {
  readonly netlink: Rtnetlink;
  /** Undefined where the kernel has no nfnetlink. */
  readonly nft: NftTables | undefined;
  /** Loaded and opened when it is first called. @throws NetlinkError as openNftables */
  readonly deliveries: () => Promise<Deliveries>;
  readonly settingFiles: SettingFiles;
  readonly close: () => void;
}

/** @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace). */
export async function openKernelSockets({ netns }: LinuxKernelOptions): Promise<KernelSockets> {
  const where = netns === undefined ? {} : { netns };
  const netlink = await openRtnetlink(where);
  try {
    const nft = await unlessMissing(() => openNftTables(where));
    let opening: Promise<Deliveries> | undefined;
    return {
      netlink,
      nft,
      deliveries: () => {
        opening ??= openDeliveriesIn(where).catch((error: unknown) => {
          // the next call tries again
          opening = undefined;
          throw error;
        });
        return opening;
      },
      settingFiles: settingFiles(where),
      close: () => {
        opening?.then(
          (deliveries) => deliveries.close(),
          () => {},
        );
        nft?.close();
        netlink.close();
      },
    };
  } catch (error) {
    netlink.close();
    throw error;
  }
}

async function openDeliveriesIn(where: LinuxKernelOptions): Promise<Deliveries> {
  const { openDeliveries } = await import('./open-deliveries.ts');
  return openDeliveries(where);
}
