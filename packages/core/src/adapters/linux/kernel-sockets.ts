import { NetlinkError, openRtnetlink, type Rtnetlink } from '@truetuple/netlink';
import { openConntrack } from '@truetuple/netlink/conntrack';
import { openNftables, type Nftables } from '@truetuple/netlink/nftables';
import type { Ipv4Address } from '../../identity/address.ts';
import type { LinuxKernelOptions } from './linux-kernel.ts';
import { settingFiles, type SettingFiles } from './setting-files.ts';

/** The sockets that the kernel of one namespace is spoken to by. */
export interface KernelSockets {
  readonly netlink: Rtnetlink;
  /** Undefined where the kernel has no nfnetlink. */
  readonly nft: Nftables | undefined;
  /** Lets every tracked flow to an address begin anew: only then does it meet the NAT rules of now. */
  readonly forgetFlowsTo: (address: Ipv4Address) => Promise<void>;
  readonly settingFiles: SettingFiles;
  readonly close: () => void;
}

/** @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace). */
export async function openKernelSockets({ netns }: LinuxKernelOptions): Promise<KernelSockets> {
  const where = netns === undefined ? {} : { netns };
  const netlink = await openRtnetlink(where);
  try {
    const nft = await unlessMissing(() => openNftables(where));
    return {
      netlink,
      nft,
      settingFiles: settingFiles(where),
      forgetFlowsTo: (destination) =>
        unlessMissing(async () => {
          await using conntrack = await openConntrack(where);
          await conntrack.flows.deleteWhere({ family: 'ipv4', original: { destination } });
        }),
      close: () => {
        nft?.close();
        netlink.close();
      },
    };
  } catch (error) {
    netlink.close();
    throw error;
  }
}

/** A kernel without nfnetlink, or without that part of it. */
const missing: ReadonlySet<string> = new Set(['EPROTONOSUPPORT', 'EOPNOTSUPP', 'EINVAL']);

async function unlessMissing<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (NetlinkError.is(error) && missing.has(error.code)) return undefined;
    throw error;
  }
}
