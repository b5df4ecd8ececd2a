import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';
import type { RouteFlag } from './route.ts';
import type { Scope } from './scope.ts';

/** One member of a group. */
export interface NextHopMember {
  readonly id: number;
  /** 1 to 65536; above 256 only kernel 6.12 and later. */
  readonly weight: number;
}

/** Where a nexthop object leads to. */
export type NextHopTarget =
  | {
      readonly kind: 'gateway';
      readonly gateway: string;
      readonly linkIndex: number;
      readonly onlink?: boolean;
    }
  | { readonly kind: 'link'; readonly linkIndex: number }
  | { readonly kind: 'blackhole' }
  | { readonly kind: 'group'; readonly members: readonly NextHopMember[] };

/** A nexthop object (RTM_NEWNEXTHOP, kernel 5.3 and later): routes name it by its id. */
export interface NextHopObject {
  readonly id: number;
  /** undefined for a group. */
  readonly family?: Family;
  readonly target: NextHopTarget;
  /** Who made it. */
  readonly protocol: number;
  readonly scope: Scope;
  readonly flags: readonly RouteFlag[];
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** What `nextHops.add` and `replace` take. Protocol 4 (static) unless given; the family follows from the gateway, else it is ipv4. */
export interface NewNextHop {
  /** 1 and above. */
  readonly id: number;
  readonly family?: Family;
  readonly target: NextHopTarget;
  readonly protocol?: number;
}
