import { rtm } from '../schema/rtnetlink.ts';
import type { Address } from './address.ts';
import { decodeAddress } from './decode-address.ts';
import { decodeLink } from './decode-link.ts';
import { decodeRoute } from './decode-route.ts';
import { decodeRule } from './decode-rule.ts';
import type { Link } from './link.ts';
import { decodeNeighbour } from './neighbour.ts';
import type { Neighbour } from './neighbour.ts';
import { decodeNetconf } from './netconf.ts';
import type { Netconf } from './netconf.ts';
import type { NextHopObject } from './next-hop.ts';
import { decodeNextHop } from './next-hop-codec.ts';
import type { Route } from './route.ts';
import type { Rule } from './rule.ts';

/** `new` also means changed: the kernel does not tell the two apart. */
export type Change = 'new' | 'removed';

/**
 * What a watcher is told. `overrun`: events were lost; from here on they come again, so list now. A link that goes down takes its
 * routes with it without a word (tables other than 254 and 255): after a link or address event, list
 * the routes again. `failed`: the socket broke or a message could not be read; list again.
 */
export type NetlinkEvent =
  | { readonly kind: 'link'; readonly change: Change; readonly link: Link }
  | { readonly kind: 'address'; readonly change: Change; readonly address: Address }
  | { readonly kind: 'route'; readonly change: Change; readonly route: Route }
  | { readonly kind: 'rule'; readonly change: Change; readonly rule: Rule }
  | { readonly kind: 'neighbour'; readonly change: Change; readonly neighbour: Neighbour }
  | { readonly kind: 'next-hop'; readonly change: Change; readonly nextHop: NextHopObject }
  | { readonly kind: 'netconf'; readonly change: Change; readonly netconf: Netconf }
  | { readonly kind: 'overrun' }
  | { readonly kind: 'failed'; readonly error: Error };

const unspecified = 0; // AF_UNSPEC

/** The event that a notification is; undefined when it is none of ours. */
export function decodeEvent(
  type: number,
  view: DataView,
  start: number,
  end: number,
): NetlinkEvent | undefined {
  // Of each kind the "new" type is even in multiples of 4, and the "removed" one follows it.
  const change: Change = type % 4 === 0 ? 'new' : 'removed';
  switch (type) {
    case rtm.newLink:
    case rtm.delLink: {
      // A bridge tells in its own family that a member joined or left: the link itself stays.
      if (start >= end || view.getUint8(start) !== unspecified) return undefined;
      const link = decodeLink(view, start, end);
      return link && { kind: 'link', change, link };
    }
    case rtm.newAddress:
    case rtm.delAddress: {
      const address = decodeAddress(view, start, end);
      return address && { kind: 'address', change, address };
    }
    case rtm.newRoute:
    case rtm.delRoute: {
      const route = decodeRoute(view, start, end);
      return route && { kind: 'route', change, route };
    }
    case rtm.newRule:
    case rtm.delRule: {
      const rule = decodeRule(view, start, end);
      return rule && { kind: 'rule', change, rule };
    }
    case rtm.newNeighbour:
    case rtm.delNeighbour: {
      const neighbour = decodeNeighbour(view, start, end);
      return neighbour && { kind: 'neighbour', change, neighbour };
    }
    case rtm.newNextHop:
    case rtm.delNextHop: {
      const nextHop = decodeNextHop(view, start, end);
      return nextHop && { kind: 'next-hop', change, nextHop };
    }
    case rtm.newNetconf:
    case rtm.delNetconf: {
      const netconf = decodeNetconf(view, start, end);
      return netconf && { kind: 'netconf', change, netconf };
    }
    default:
      return undefined;
  }
}
