import type { nextHopFlag, routeType } from '../schema/rtnetlink.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';
import type { Scope } from './scope.ts';

/** RTN_*; a number for one without a name. */
export type RouteType = keyof typeof routeType | number;
/** RTNH_F_* */
export type RouteFlag = keyof typeof nextHopFlag;

/** One way out of several of a multipath route. */
export interface NextHop {
  readonly gateway?: string;
  readonly linkIndex?: number;
  /** 1 to 256. */
  readonly weight: number;
  readonly flags: readonly RouteFlag[];
  /** Such as an IPv6 gateway of an IPv4 route (RTA_VIA), or an encapsulation; not written back. */
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** A route as the kernel reports it (RTM_NEWROUTE). */
export interface Route {
  readonly family: Family;
  readonly type: RouteType;
  /** CIDR; `0.0.0.0/0` or `::/0` is the default route. */
  readonly destination: string;
  readonly gateway?: string;
  readonly linkIndex?: number;
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
  readonly gateway?: string;
  readonly linkIndex?: number;
  readonly table?: number;
  readonly protocol?: number;
  readonly scope?: Scope;
  readonly metric?: number;
  readonly preferredSource?: string;
  readonly onlink?: boolean;
  readonly mtu?: number;
  readonly nextHops?: readonly Partial<Omit<NextHop, 'unknownAttributes'>>[];
}

/** Which routes to list; the kernel filters. */
export interface RouteFilter {
  readonly table?: number;
  readonly family?: Family;
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
