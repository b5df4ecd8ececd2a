import type { Cidr, Ipv4Address } from '../identity/address.ts';
import type { BoundPorts } from '../identity/delivery.ts';
import type { Ipv6Address } from '../identity/ipv6-address.ts';
import type { Ipv6Link } from './ipv6-link.ts';
import type { HeldDeliveryTable } from './delivery-table.ts';
import type { KernelStep } from './kernel-step.ts';

/** Port: one network namespace's kernel. Real: adapters/linux. Fake: testing/fake-kernel. */
export interface KernelPort {
  /** Reads a link with all that a plan for it depends on; undefined when there is no such link. */
  observe(linkName: string, table: number): Promise<LinkState | undefined>;
  /** The name of the link that has this address as a /32; undefined when none has. */
  linkWith(address: Ipv4Address): Promise<string | undefined>;
  /** Carries out one step. Idempotent: what exists as wanted, or is absent as wanted, is done. */
  apply(step: KernelStep): Promise<void>;
  /** Which way a packet would leave (RTM_GETROUTE). `unreachable` when the kernel refuses. */
  lookupRoute(query: RouteLookup): Promise<RouteDecision>;
  /** The neighbour table's entry for an address on a link (RTM_GETNEIGH); undefined where there is none. */
  lookupNeighbour(query: NeighbourLookup): Promise<NeighbourEntry | undefined>;
  /**
   * Tells that links, addresses, routes, rules or nftables of the namespace changed, by whomever: once a turn
   * of the event loop however much did, and never within the call that changed them. Observe to learn what is.
   * Not told: arp_announce and arp_ignore, of which the kernel says nothing; nftables, of which it tells
   * only who has CAP_NET_ADMIN. Events that the kernel lost, or
   * that could not be read, count as a change. Closing the port closes its watches.
   * @throws CoreError KernelRefused when the kernel gives no socket to watch with.
   */
  watch(onChange: () => void, options?: WatchOptions): KernelWatch;
  close(): void;
}

/** What a watch listens to beside links, addresses, routes and rules. */
export interface WatchOptions {
  /**
   * Neighbours whose entries count too, on whichever link; default none, for neighbours change all the time.
   * Not told: that an entry is incomplete, of which the kernel says nothing.
   */
  readonly neighbours?: readonly Ipv4Address[];
}

/** A watch that is open. */
export interface KernelWatch {
  /** Nothing is told after it. Safe to call again. */
  close(): void;
}

/** A packet whose way is asked for: source and destination, both of one family. */
export type RouteLookup =
  | { readonly from: Ipv4Address; readonly to: Ipv4Address }
  | { readonly from: Ipv6Address; readonly to: Ipv6Address };

/** A neighbour on a link. */
export interface NeighbourLookup {
  readonly linkName: string;
  readonly address: Ipv4Address;
}

/** What the kernel knows of a neighbour's MAC address (RTM_GETNEIGH). */
export interface NeighbourEntry {
  /**
   * include/uapi/linux/neighbour.h, NUD_*. `incomplete`: asked for, no answer yet; `failed`: none came, and it
   * stays so until somebody sends to it again.
   */
  readonly state: NeighbourState;
  /** Undefined until it is known. */
  readonly macAddress: string | undefined;
}

/** NUD_* (include/uapi/linux/neighbour.h). */
export type NeighbourState =
  | 'none'
  | 'incomplete'
  | 'reachable'
  | 'stale'
  | 'delay'
  | 'probe'
  | 'failed'
  | 'noarp'
  | 'permanent';

/** The way that the kernel would send a packet. */
export type RouteDecision =
  | {
      readonly kind: 'link';
      readonly linkName: string;
      readonly gateway?: Ipv4Address | Ipv6Address;
      readonly table?: number;
    }
  | { readonly kind: 'unreachable'; readonly reason: string };

/**
 * What planKernel reads. Routes are those of the asked table; rules are all IPv4 rules, in the order in
 * which the kernel tries them.
 */
export interface LinkState {
  readonly linkIndex: number;
  readonly linkName: string;
  readonly macAddress: string;
  readonly mtu: number;
  /** IFF_UP: set by an administrator (a CNI plugin). Routes by a link that is not up vanish. */
  readonly up: boolean;
  /** IFF_LOWER_UP: there is a carrier. */
  readonly lowerUp: boolean;
  /** The link's own, which a plan sets. */
  readonly settings: LinkSettings;
  /**
   * Those of all links (conf/all): of each the greater of both counts (IN_DEV_MAXCONF, include/linux/inetdevice.h). Absent
   * where they cannot be read: netlink tells nothing of them, and /proc/sys shows the namespace of who opens it.
   */
  readonly allSettings?: LinkSettings;
  readonly addresses: readonly LinkAddress[];
  readonly routes: readonly TableRoute[];
  readonly rules: readonly SourceRule[];
  /**
   * The delivery tables of the namespace, in order of their names. Undefined when the kernel does not tell:
   * without CAP_NET_ADMIN, which nftables asks of readers too, and where it has no nftables.
   */
  readonly deliveryTables: readonly HeldDeliveryTable[] | undefined;
  /** Absent where the kernel has no IPv6. */
  readonly ipv6?: Ipv6Link;
}

/** include/uapi/linux/ip.h, IPV4_DEVCONF_*: values of rp_filter, arp_announce, arp_ignore. */
export interface LinkSettings {
  readonly rpFilter: number;
  readonly arpAnnounce: number;
  readonly arpIgnore: number;
}

/** An address of a link (RTM_GETADDR). */
export interface LinkAddress {
  readonly address: Ipv4Address;
  readonly prefixLength: number;
  readonly scope: 'global' | 'link' | 'host' | 'site' | 'nowhere';
}

/** A route of one table (RTM_GETROUTE). */
export interface TableRoute {
  readonly type: 'unicast' | 'unreachable' | 'blackhole' | 'other';
  readonly destination: Cidr;
  readonly linkIndex?: number;
  readonly gateway?: Ipv4Address;
  /** RTA_PREFSRC: the source that a socket bound to nothing gets. */
  readonly source?: Ipv4Address;
  readonly scope: 'global' | 'link' | 'host' | 'site' | 'nowhere';
  readonly metric: number;
  readonly mtu?: number;
  readonly onlink: boolean;
  /** RTA_PROTOCOL (rtm_protocol): who installed it. */
  readonly protocol: number;
}

/** A policy rule that looks up a table by source (RTM_GETRULE). */
export interface SourceRule {
  readonly priority: number;
  readonly from?: Cidr;
  readonly table: number;
  /** FRA_PROTOCOL: who installed it. */
  readonly protocol: number;
  /** FRA_IP_PROTO with FRA_SPORT_RANGE. */
  readonly ports?: BoundPorts;
  /** True when the rule has a selector or action beyond from + ports + lookup table. */
  readonly hasMore: boolean;
}
