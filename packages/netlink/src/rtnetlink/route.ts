import type { nextHopFlag, routerPreference, routeType, rtax } from '../schema/rtnetlink.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';
import type { Scope } from './scope.ts';

/** RTN_*; a number for one without a name. */
export type RouteType = keyof typeof routeType | number;
/** RTNH_F_* */
export type RouteFlag = keyof typeof nextHopFlag;

/** RTAX_*: what TCP and path MTU discovery are told of a destination. */
export type RouteMetric = Exclude<keyof typeof rtax, 'lock' | 'mtu' | 'congestionControl'>;

/** Numbers in the kernel's units (include/uapi/linux/rtnetlink.h); an MTU is a field of the route itself. */
export type RouteMetrics = Readonly<Partial<Record<RouteMetric, number>>> & {
  /** The name of a TCP congestion control. */
  readonly congestionControl?: string;
  /** Which of them, `mtu` included, are not to be changed by what is learned. */
  readonly locked?: readonly (RouteMetric | 'mtu')[];
};

/** One way out of several of a multipath route. */
export interface NextHop {
  /** Of either family: an IPv4 route may go by an IPv6 gateway (RFC 5549). */
  readonly gateway?: string;
  readonly linkIndex?: number;
  /** 1 to 256. */
  readonly weight: number;
  readonly flags: readonly RouteFlag[];
  /** Such as an encapsulation; not written back. */
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** A route as the kernel reports it (RTM_NEWROUTE). */
export interface Route {
  readonly family: Family;
  readonly type: RouteType;
  /** CIDR; `0.0.0.0/0` or `::/0` is the default route. */
  readonly destination: string;
  /** IPv6: only for packets from there (source-specific routing). CIDR. */
  readonly source?: string;
  /** Of either family: an IPv4 route may go by an IPv6 gateway (RFC 5549). */
  readonly gateway?: string;
  readonly linkIndex?: number;
  /** A nexthop object (`nextHops`) stands for gateway and link. */
  readonly nextHopId?: number;
  /** 254 is main, 255 local; may exceed 255. */
  readonly table: number;
  /** RTPROT_*: who made it; 2 kernel, 3 boot, 4 static. */
  readonly protocol: number;
  readonly scope: Scope;
  /** Lower wins; absent is 0 for IPv4. */
  readonly metric?: number;
  readonly preferredSource?: string;
  /** The gateway is taken to be on the link, whatever its subnet. */
  readonly onlink?: boolean;
  /** Bytes; smaller than the link's for this destination. */
  readonly mtu?: number;
  readonly metrics?: RouteMetrics;
  /** Bits of the IPv4 TOS field that a packet must have. */
  readonly typeOfService?: number;
  /** IPv6 (RFC 4191). */
  readonly preference?: keyof typeof routerPreference;
  /** IPv6: when it ends by itself; seconds. */
  readonly expiresSeconds?: number;
  readonly nextHops?: readonly NextHop[];
  readonly flags: readonly RouteFlag[];
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/**
 * What `routes.add`, `replace` and `remove` take. Left out when adding: type unicast, table 254,
 * protocol 4, scope as `ip route` chooses it. When removing, only what is given has to match.
 */
export interface NewRoute {
  readonly destination: string;
  readonly family?: Family;
  readonly type?: RouteType;
  readonly source?: string;
  readonly gateway?: string;
  readonly linkIndex?: number;
  readonly nextHopId?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: Scope;
  readonly metric?: number;
  readonly preferredSource?: string;
  readonly onlink?: boolean;
  readonly mtu?: number;
  readonly metrics?: RouteMetrics;
  readonly typeOfService?: number;
  readonly preference?: keyof typeof routerPreference;
  readonly expiresSeconds?: number;
  readonly nextHops?: readonly Partial<Omit<NextHop, 'unknownAttributes'>>[];
}

/** Which routes to list; the kernel filters. */
export interface RouteFilter {
  readonly table?: number;
  readonly family?: Family;
  readonly linkIndex?: number;
  readonly protocol?: number;
  readonly type?: RouteType;
}

/** A question to the routing table: how would a packet go? */
export interface RouteLookup {
  readonly to: string;
  readonly from?: string;
  /** As if it had come in there, to be forwarded. */
  readonly inputLinkIndex?: number;
  readonly outputLinkIndex?: number;
  readonly mark?: number;
}
