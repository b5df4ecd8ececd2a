import type { Address, Link, Rtnetlink, Route, Rule } from '@truetuple/netlink';
import { parseIpv6Address, type Ipv6Cidr } from '../../identity/ipv6-address.ts';
import {
  ipv6Default,
  type Ipv6Link,
  type Ipv6LinkAddress,
  type Ipv6Route,
  type Ipv6Rule,
} from '../../kernel/ipv6-link.ts';
import { hasMore, plainFields, readScope, readType } from './read-state.ts';
import { ipv6SettingFile, type SettingFiles } from './setting-files.ts';

/** RT_TABLE_MAIN (include/uapi/linux/rtnetlink.h), where router advertisements are put. */
const mainTable = 254;

/** The IPv6 side of a link; undefined where there is none. */
export async function observeIpv6(
  { netlink, settingFiles }: { readonly netlink: Rtnetlink; readonly settingFiles: SettingFiles },
  link: Link,
  table: number,
): Promise<Ipv6Link | undefined> {
  if (link.ipv6 === undefined) return undefined;
  const { index: linkIndex, name } = link;
  const { disabled, keepAddressesOnDown } = link.ipv6;
  const allKeepAddrOnDown = settingFiles.read(ipv6SettingFile('all', 'keep_addr_on_down'));
  const family = 'ipv6';
  const [addresses, routes, main, rules] = await Promise.all([
    netlink.addresses.list({ linkIndex, family }),
    netlink.routes.list({ table, family }),
    netlink.routes.list({ table: mainTable, family, linkIndex }),
    netlink.rules.list({ family }),
  ]);
  return {
    settings: { disabled, keepAddrOnDown: keepAddressesOnDown > 0 },
    ...(allKeepAddrOnDown === undefined ? {} : { allKeepAddrOnDown }),
    maySet: settingFiles.mayWrite(ipv6SettingFile(name, 'keep_addr_on_down')),
    addresses: addresses.map(readIpv6Address),
    routes: routes.map(readIpv6Route),
    rules: rules.map(readIpv6Rule),
    routers: main
      .map(readIpv6Route)
      .filter((route) => route.destination === ipv6Default)
      .flatMap(({ gateway }) => gateway ?? []),
  };
}

function readIpv6Address(read: Address): Ipv6LinkAddress {
  const [own = '', prefixLength = ''] = read.address.split('/');
  return {
    address: parseIpv6Address(own),
    prefixLength: Number(prefixLength),
    scope: readScope(read.scope),
    permanent: read.permanent === true,
    duplicateFound: read.duplicateFound === true,
    tentative: read.tentative === true && read.optimistic !== true,
  };
}

function readIpv6Route(route: Route): Ipv6Route {
  const { gateway, linkIndex, mtu } = route;
  return {
    type: readType(route.type),
    destination: route.destination as Ipv6Cidr,
    ...(linkIndex === undefined ? {} : { linkIndex }),
    ...(gateway === undefined ? {} : { gateway: parseIpv6Address(gateway) }),
    metric: route.metric ?? 0,
    ...(mtu === undefined ? {} : { mtu }),
    protocol: route.protocol,
  };
}

function readIpv6Rule(rule: Rule): Ipv6Rule {
  const { priority, from, table, protocol } = rule;
  return {
    priority,
    ...(from === undefined ? {} : { from: from as Ipv6Cidr }),
    table,
    protocol,
    hasMore: hasMore(rule, plainFields),
  };
}
