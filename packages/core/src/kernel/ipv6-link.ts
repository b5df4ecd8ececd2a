import type { Ipv6Address, Ipv6Cidr } from '../identity/ipv6-address.ts';

/** The IPv6 side of a link: what a plan for it depends on. */
export interface Ipv6Link {
  readonly settings: Ipv6Settings;
  /**
   * keep_addr_on_down of all links (conf/all): unless it is 0 it counts instead of the link's own (addrconf_ifdown,
   * net/ipv6/addrconf.c). Absent where it cannot be read.
   */
  readonly allKeepAddrOnDown?: number;
  /** False when /proc/sys is read-only or of another namespace: netlink cannot change these settings. */
  readonly maySet: boolean;
  readonly addresses: readonly Ipv6LinkAddress[];
  /** Those of the asked table. */
  readonly routes: readonly Ipv6Route[];
  /** All IPv6 rules, in the order in which the kernel tries them. */
  readonly rules: readonly Ipv6Rule[];
  /** Gateways of default routes by this link in table main: what router advertisements, or a person, said. */
  readonly routers: readonly Ipv6Address[];
}

/** include/uapi/linux/ipv6.h, DEVCONF_*. */
export interface Ipv6Settings {
  /** disable_ipv6: the link takes no IPv6 address. */
  readonly disabled: boolean;
  /** keep_addr_on_down is 1: an address for ever and of global scope outlives `ip link set down`. */
  readonly keepAddrOnDown: boolean;
}

/** An IPv6 address of a link (RTM_GETADDR). */
export interface Ipv6LinkAddress {
  readonly address: Ipv6Address;
  readonly prefixLength: number;
  readonly scope: 'global' | 'link' | 'host' | 'site' | 'nowhere';
  /** IFA_F_PERMANENT: not from a router advertisement, not a temporary one. */
  readonly permanent: boolean;
  /** IFA_F_DADFAILED: duplicate detection found another holder; the kernel does not use it. */
  readonly duplicateFound: boolean;
  /** IFA_F_TENTATIVE without IFA_F_OPTIMISTIC: duplicate detection is under way, or failed; no socket can be bound to it. */
  readonly tentative: boolean;
}

/** An IPv6 route of one table (RTM_GETROUTE). */
export interface Ipv6Route {
  readonly type: 'unicast' | 'unreachable' | 'blackhole' | 'other';
  readonly destination: Ipv6Cidr;
  readonly linkIndex?: number;
  readonly gateway?: Ipv6Address;
  readonly metric: number;
  readonly mtu?: number;
  /** RTA_PROTOCOL (rtm_protocol): who installed it. */
  readonly protocol: number;
}

/** An IPv6 policy rule that looks up a table by source (RTM_GETRULE). */
export interface Ipv6Rule {
  readonly priority: number;
  readonly from?: Ipv6Cidr;
  readonly table: number;
  readonly protocol: number;
  /** True when the rule has a selector or action beyond from + lookup table. */
  readonly hasMore: boolean;
}

/** Every IPv6 destination: the default route. */
export const ipv6Default: Ipv6Cidr = '::/0' as Ipv6Cidr;

/** IP6_RT_PRIO_USER (include/uapi/linux/ipv6_route.h): the metric of a route that names none. */
export const ipv6RouteMetric = 1024;
