import type { NetworkNamespace } from '../network-namespace.ts';
import type {
  addressGeneration,
  ipv4Settings,
  ipv6Settings,
  linkFlag,
  linkMode,
  operState,
  xdpMode,
} from '../schema/link.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { LinkDetails } from './new-link.ts';

/** Which link: by name (up to 15 characters), by alternative name (up to 127) or by index. */
export type LinkRef =
  | { readonly name: string }
  | { readonly altName: string }
  | { readonly index: number };

/** A link as the kernel reports it (RTM_NEWLINK). */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** Further names (IFLA_ALT_IFNAME). */
  readonly altNames?: readonly string[];
  /** A text that an administrator gave it (IFLA_IFALIAS). */
  readonly alias?: string;
  /** `veth`, `macvlan`, `ipvlan`, `bridge`, ...; absent for hardware and the loopback. */
  readonly kind?: string;
  /** What a link of a known kind says of itself. */
  readonly details?: LinkDetails;
  /** Lower case with colons. */
  readonly macAddress?: string;
  readonly broadcastAddress?: string;
  /** The one it was made with, for hardware. */
  readonly permanentMacAddress?: string;
  /** Bytes. */
  readonly mtu: number;
  /** Which MTUs it takes; a maximum of 0 says nothing. */
  readonly minMtu?: number;
  readonly maxMtu?: number;
  /** Packets. */
  readonly txQueueLength?: number;
  /** RFC 2863, ifOperStatus. */
  readonly operState?: keyof typeof operState;
  /** IFF_* that are set. */
  readonly flags: readonly (keyof typeof linkFlag)[];
  /** How many want all packets. */
  readonly promiscuity?: number;
  /** How many want all multicast packets. */
  readonly allMulticastCount?: number;
  /** Name of what orders its packets (IFLA_QDISC), such as `noqueue`. */
  readonly queueDiscipline?: string;
  readonly txQueues?: number;
  readonly rxQueues?: number;
  /** What the operational state becomes when the carrier comes (RFC 2863: `dormant` waits for another). */
  readonly linkMode?: keyof typeof linkMode;
  readonly carrier?: boolean;
  /** How many times the carrier came and went. */
  readonly carrierUpCount?: number;
  readonly carrierDownCount?: number;
  /** True: held down by an administrator's protocol, such as VRRP. */
  readonly protocolDown?: boolean;
  /** Bytes and packets that the kernel hands to the link at once, and those that the link can take. */
  readonly gsoMaxSize?: number;
  readonly gsoMaxSegments?: number;
  readonly gsoIpv4MaxSize?: number;
  readonly tsoMaxSize?: number;
  readonly tsoMaxSegments?: number;
  /** Bytes that received packets are put together to. */
  readonly groMaxSize?: number;
  readonly groIpv4MaxSize?: number;
  /** Nanoseconds that the hardware can hold a packet back. */
  readonly maxPacingOffloadHorizon?: number;
  /** Bytes that the link needs before and after a packet. */
  readonly headroom?: number;
  readonly tailroom?: number;
  /** True: it cannot be moved to another namespace. */
  readonly netnsImmutable?: boolean;
  /** The XDP program that sees its packets first; absent where there is none. */
  readonly xdp?: {
    readonly mode: Exclude<keyof typeof xdpMode, 'none'>;
    readonly programId?: number;
  };
  /** How many SR-IOV functions a physical one has. */
  readonly virtualFunctions?: number;
  /** Hexadecimal, as `ip` shows them: ports and links of one piece of hardware have equal ones. */
  readonly physicalPortId?: string;
  readonly physicalSwitchId?: string;
  readonly physicalPortName?: string;
  /** Where its hardware is, such as `0000:00:05.0` on `pci`. */
  readonly parentDeviceName?: string;
  readonly parentDeviceBus?: string;
  /** 0 is the default group. */
  readonly group?: number;
  /** Administratively up (IFF_UP). */
  readonly up: boolean;
  /** Its carrier is there (IFF_LOWER_UP). */
  readonly lowerUp: boolean;
  /** veth: the peer; macvlan, ipvlan: the parent. In the namespace `parentNetnsId`, if given. */
  readonly parentIndex?: number;
  readonly parentNetnsId?: number;
  /** The bridge (or bond, VRF) it belongs to. */
  readonly masterIndex?: number;
  readonly ipv4: Ipv4LinkSettings;
  /** Absent where there is no IPv6. */
  readonly ipv6?: Ipv6LinkSettings;
  readonly statistics?: LinkStatistics;
  /** Attributes this package has no name for, as they came. */
  readonly unknownAttributes: readonly UnknownAttribute[];
}

type SettingValues<Table extends Readonly<Record<string, readonly [number, string]>>> = {
  readonly [K in keyof Table]: Table[K][1] extends 'boolean' ? boolean : number;
};

/** Since the link was made; whole numbers, exact up to 2^53 (struct rtnl_link_stats64). */
export interface LinkStatistics {
  readonly receivedPackets: number;
  readonly receivedBytes: number;
  readonly receiveErrors: number;
  readonly receiveDropped: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
  readonly sendErrors: number;
  readonly sendDropped: number;
  readonly multicast: number;
  readonly collisions: number;
  readonly receiveLengthErrors: number;
  readonly receiveOverErrors: number;
  readonly receiveCrcErrors: number;
  readonly receiveFrameErrors: number;
  readonly receiveFifoErrors: number;
  readonly receiveMissedErrors: number;
  readonly sendAbortedErrors: number;
  readonly sendCarrierErrors: number;
  readonly sendFifoErrors: number;
  readonly sendHeartbeatErrors: number;
  readonly sendWindowErrors: number;
  readonly receivedCompressed: number;
  readonly sentCompressed: number;
  /** Came to a link that is not to receive, such as the spare one of a bond. */
  readonly receiveNoHandler: number;
  /** For another MAC address; Linux 5.19 and later, before that 0. */
  readonly receiveOtherHostDropped: number;
}

/**
 * What /proc/sys/net/ipv4/conf/<link>/ shows, read and written by netlink instead (IFLA_AF_SPEC,
 * AF_INET, IFLA_INET_CONF): CAP_NET_ADMIN suffices, even where /proc/sys is read-only.
 */
export interface Ipv4LinkSettings extends SettingValues<typeof ipv4Settings> {
  /** False: the kernel keeps no IPv4 settings for this link (MTU below 68); the rest says nothing. */
  readonly available: boolean;
}

/**
 * What /proc/sys/net/ipv6/conf/<link>/ shows (IFLA_AF_SPEC, AF_INET6, IFLA_INET6_CONF). By netlink the
 * kernel lets only `addressGeneration` be changed: for the rest write the file.
 */
export interface Ipv6LinkSettings extends SettingValues<typeof ipv6Settings> {
  readonly addressGeneration?: keyof typeof addressGeneration;
}

/** Which links to list; the kernel filters. */
export interface LinkFilter {
  readonly kind?: string;
  readonly masterIndex?: number;
}

/** What `links.set` changes; what is absent stays. */
export interface LinkChange {
  readonly up?: boolean;
  readonly name?: string;
  readonly mtu?: number;
  readonly macAddress?: string;
  readonly broadcastAddress?: string;
  /** Packets. */
  readonly txQueueLength?: number;
  /** Empty: none. */
  readonly alias?: string;
  readonly group?: number;
  /** Bytes and packets. */
  readonly gsoMaxSize?: number;
  readonly gsoMaxSegments?: number;
  readonly gsoIpv4MaxSize?: number;
  readonly groMaxSize?: number;
  readonly groIpv4MaxSize?: number;
  readonly linkMode?: keyof typeof linkMode;
  /** Only links without a carrier of their own take it, such as dummy; others refuse it (EOPNOTSUPP). */
  readonly carrier?: boolean;
  readonly protocolDown?: boolean;
  readonly promiscuous?: boolean;
  readonly allMulticast?: boolean;
  /** False: no address resolution on it (IFF_NOARP). */
  readonly addressResolution?: boolean;
  /** Moves the link; its addresses and routes are lost. A number is a descriptor. */
  readonly netns?: NetworkNamespace | number;
  /** 0: no master. */
  readonly masterIndex?: number;
  readonly ipv4?: Partial<Omit<Ipv4LinkSettings, 'available'>>;
  readonly ipv6?: Pick<Ipv6LinkSettings, 'addressGeneration'>;
}
