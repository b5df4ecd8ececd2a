import type { NetworkNamespace } from '@truetuple/netlink';
import { LabError } from '../errors.ts';

/**
 * A new namespace takes its IPv4 defaults from the host (Documentation/networking/ip-sysctl.rst,
 * devconf_inherit_init_net), and `all` is combined with each link's own value: on a hardened host
 * packets that a VPC would carry died silently.
 */
const wanted: readonly (readonly [file: string, value: string])[] = ['all', 'default'].flatMap(
  (scope) => [
    [`ipv4/conf/${scope}/rp_filter`, '0'] as const,
    [`ipv4/conf/${scope}/send_redirects`, '0'] as const,
    [`ipv4/conf/${scope}/accept_redirects`, '0'] as const,
    [`ipv4/conf/${scope}/arp_ignore`, '0'] as const,
    [`ipv4/conf/${scope}/arp_announce`, '0'] as const,
  ],
);

/** IPv6 is not modelled: without this its own chatter would be in every capture. */
const welcome: typeof wanted = [
  ['ipv6/conf/all/disable_ipv6', '1'],
  ['ipv6/conf/default/disable_ipv6', '1'],
];

/** Gives a new namespace settings that do not depend on the host's. */
export function settleSysctls(namespace: NetworkNamespace): void {
  for (const [file, value] of wanted) settle(namespace, file, value);
  for (const [file, value] of welcome) {
    try {
      settle(namespace, file, value);
    } catch {
      // A kernel without IPv6 has nothing to switch off, and a read-only /proc/sys only costs noise.
    }
  }
}

function settle(namespace: NetworkNamespace, file: string, value: string): void {
  const path = `/proc/sys/net/${file}`;
  try {
    if (namespace.readFile(path).trim() === value) return;
    namespace.writeFile(path, value);
  } catch (error) {
    throw new LabError({
      code: 'SettingRefused',
      message: `setting ${path} to ${value} in a namespace of the box: ${error instanceof Error ? error.message : String(error)}`,
      remedy: `Run where /proc/sys is writable, or set it to ${value} on the host.`,
      cause: error,
    });
  }
}
