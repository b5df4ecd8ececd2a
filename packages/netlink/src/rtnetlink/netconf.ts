import { listing } from '../dump.ts';
import type { Answer, Face } from '../plan.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, netconfAttribute, netconfLink, rtm } from '../schema/rtnetlink.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { familyFromNumber, listFamilies } from './family.ts';

/** What forwarding is like on a link, on all, or on those to come (RTM_NEWNETCONF). */
export interface Netconf {
  readonly family: Family;
  /** A link's index; `all`: the switch for all links; `default`: what new links start with. */
  readonly link: number | 'all' | 'default';
  readonly forwarding?: boolean;
  /** IPv4: 0 off, 1 strict, 2 loose (RFC 3704). */
  readonly rpFilter?: number;
  readonly multicastForwarding?: boolean;
  /** Proxy ARP or proxy neighbour discovery. */
  readonly proxyNeighbours?: boolean;
  readonly ignoreRoutesWithLinkDown?: boolean;
  /** IPv4: directed broadcasts are forwarded. */
  readonly broadcastForwarding?: boolean;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** The forwarding settings of a network namespace. They are changed by `links.set` (IPv4) or /proc/sys. */
export interface Netconfs<F extends Face = 'async'> {
  list(filter?: { readonly family?: Family }): Answer<F, Netconf[]>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const { request, dump: dumpFlag } = messageFlag;
/** struct netconfmsg: u8 family, padded to 4. */
const headerLength = 4;

export function planNetconfs(): Netconfs<'plan'> {
  const writer = new MessageWriter();
  return {
    list: (filter) =>
      listFamilies(filter, (family) =>
        listing(() => ({
          message: encodeListNetconf(writer, family),
          describe: () => `listing ${family} forwarding settings`,
          decode: (type, view, start, end) =>
            type === rtm.newNetconf ? decodeNetconf(view, start, end) : undefined,
        })),
      ),
  };
}

export function encodeListNetconf(writer: MessageWriter, family: Family): Uint8Array {
  writer.begin(rtm.getNetconf, request | dumpFlag);
  return writer.u8(addressFamily[family]).u8(0).u16(0).finish();
}

/** Reads an RTM_NEWNETCONF or RTM_DELNETCONF; undefined for other families than IPv4 and IPv6. */
export function decodeNetconf(view: DataView, start: number, end: number): Netconf | undefined {
  const family = start < end ? familyFromNumber(view.getUint8(start)) : undefined;
  if (family === undefined) return undefined;
  const netconf: Mutable<Netconf> = { family, link: 0 };
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) readAttribute(netconf, attribute);
  return netconf;
}

function readAttribute(netconf: Mutable<Netconf>, attribute: AttributeCursor): void {
  switch (attribute.type) {
    case netconfAttribute.linkIndex:
      netconf.link = linkOf(attribute.i32());
      break;
    case netconfAttribute.forwarding:
      netconf.forwarding = attribute.i32() !== 0;
      break;
    case netconfAttribute.rpFilter:
      netconf.rpFilter = attribute.i32();
      break;
    case netconfAttribute.multicastForwarding:
      netconf.multicastForwarding = attribute.i32() !== 0;
      break;
    case netconfAttribute.proxyNeighbours:
      netconf.proxyNeighbours = attribute.i32() !== 0;
      break;
    case netconfAttribute.ignoreRoutesWithLinkDown:
      netconf.ignoreRoutesWithLinkDown = attribute.i32() !== 0;
      break;
    case netconfAttribute.bcForwarding:
      netconf.broadcastForwarding = attribute.i32() !== 0;
      break;
    default:
      netconf.unknownAttributes = [...(netconf.unknownAttributes ?? []), attribute.unknown()];
  }
}

function linkOf(index: number): Netconf['link'] {
  if (index === netconfLink.all) return 'all';
  return index === netconfLink.default ? 'default' : index;
}
