import type { NetworkNamespace } from '@truetuple/netlink';
import type { KernelPort } from '../../kernel/kernel-port.ts';

/** Which kernel state. */
export interface LinuxKernelOptions {
  /** Another network namespace: an open one, a path, or a file descriptor. Default: this process's. */
  readonly netns?: NetworkNamespace | string | number | undefined;
}

/**
 * The kernel of one network namespace, over one rtnetlink socket. Reading needs no right; changes need
 * CAP_NET_ADMIN in the namespace, and entering another namespace needs CAP_SYS_ADMIN.
 *
 * @throws CoreError NetlinkUnavailable where the platform has no netlink, the addon is missing, or the
 * namespace cannot be entered.
 */
export async function linuxKernel(options: LinuxKernelOptions = {}): Promise<KernelPort> {
  // loaded when first used: this package must load on platforms without netlink
  const { openLinuxKernel } = await import('./open-linux-kernel.ts');
  return openLinuxKernel(options);
}
