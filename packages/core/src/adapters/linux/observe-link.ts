import type { LinkSettings, LinkState } from '../../kernel/kernel-port.ts';
import type { KernelSockets } from './kernel-sockets.ts';
import { listDeliveryTables } from './list-delivery-tables.ts';
import { observeIpv6 } from './observe-ipv6.ts';
import type { SettingFiles } from './setting-files.ts';
import { readAddress, readRoute, readRule } from './read-state.ts';

/**
 * Reads a link by name, its addresses, the routes of one table, all rules in order, and the namespace's delivery
 * tables.
 */
export async function observeLink(
  sockets: KernelSockets,
  linkName: string,
  table: number,
): Promise<LinkState | undefined> {
  const { netlink } = sockets;
  const link = await netlink.links.get({ name: linkName });
  if (link === undefined) return undefined;
  const { index: linkIndex, macAddress = '', mtu, up, lowerUp } = link;
  const { rpFilter, arpAnnounce, arpIgnore } = link.ipv4;
  const [addresses, routes, rules, deliveryTables, ipv6] = await Promise.all([
    netlink.addresses.list({ linkIndex, family: 'ipv4' }),
    netlink.routes.list({ table, family: 'ipv4' }),
    netlink.rules.list({ family: 'ipv4' }),
    listDeliveryTables(sockets),
    observeIpv6(sockets, link, table),
  ]);
  return {
    linkIndex,
    linkName,
    macAddress,
    mtu,
    up,
    lowerUp,
    settings: { rpFilter, arpAnnounce, arpIgnore },
    ...readAllSettings(sockets.settingFiles),
    addresses: addresses.map(readAddress),
    routes: routes.map(readRoute),
    rules: rules.map(readRule),
    deliveryTables,
    ...(ipv6 === undefined ? {} : { ipv6 }),
  };
}

/** Netlink tells rp_filter alone of those of all links. */
function readAllSettings(files: SettingFiles): { readonly allSettings?: LinkSettings } {
  const [rpFilter, arpAnnounce, arpIgnore] = ['rp_filter', 'arp_announce', 'arp_ignore'].map(
    (name) => files.read(`/proc/sys/net/ipv4/conf/all/${name}`),
  );
  return rpFilter === undefined || arpAnnounce === undefined || arpIgnore === undefined
    ? {}
    : { allSettings: { rpFilter, arpAnnounce, arpIgnore } };
}
