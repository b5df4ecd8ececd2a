import type { Netlink, WatchGroup } from '@truetuple/netlink';
import type { KernelWatch } from '../../kernel/kernel-port.ts';

/** RTMGRP_* of what an identity depends on; netconf tells of rp_filter. */
const groups: readonly WatchGroup[] = ['link', 'address', 'route', 'rule', 'netconf'];

/** Whatever is told counts: which of it matters is for a look to say. */
export function watchKernel(netlink: Netlink, onChange: () => void): KernelWatch {
  let pending: NodeJS.Immediate | undefined;
  const watch = netlink.watch(groups, () => {
    pending ??= setImmediate(() => {
      pending = undefined;
      onChange();
    });
  });
  return {
    close: () => {
      clearImmediate(pending);
      watch.close();
    },
  };
}
