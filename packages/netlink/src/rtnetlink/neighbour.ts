import { listing } from '../dump.ts';
import { command } from '../plan.ts';
import type { Answer, Face } from '../plan.ts';
import { messageFlag } from '../schema/netlink.ts';
import { addressFamily, nda, neighbourFlag, neighbourState, rtm } from '../schema/rtnetlink.ts';
import { flagNames } from '../schema/name-table.ts';
import { AttributeCursor } from '../wire/attribute-cursor.ts';
import type { UnknownAttribute } from '../wire/attribute-cursor.ts';
import { hostIsLittleEndian } from '../wire/byte-order.ts';
import { formatIpAddress, parseIpAddress } from '../wire/ip-address.ts';
import type { Family } from '../wire/ip-address.ts';
import { formatMacAddress, parseMacAddress } from '../wire/mac-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import { ensureNeighbour } from './ensure-neighbour.ts';
import { familyFromNumber } from './family.ts';

/** NUD_* */
export type NeighbourState = keyof typeof neighbourState | 'none';

/** An entry of the ARP or neighbour discovery table (RTM_NEWNEIGH). */
export interface Neighbour {
  readonly family: Family;
  readonly linkIndex: number;
  readonly address: string;
  readonly macAddress?: string;
  readonly state: NeighbourState;
  /** We answer for this address on that link (proxy ARP). */
  readonly proxy?: boolean;
  readonly router?: boolean;
  /** Something outside of the kernel keeps it up to date: it does not age. */
  readonly externallyLearned?: boolean;
  /** Who made it (NDA_PROTOCOL). */
  readonly protocol?: number;
  readonly unknownAttributes?: readonly UnknownAttribute[];
}

/** What `neighbours.replace` takes; the state is permanent unless given. */
export type NewNeighbour = Pick<Neighbour, 'linkIndex' | 'address'> &
  Partial<Omit<Neighbour, 'family' | 'unknownAttributes'>>;

/** Which neighbours to list. `proxy: true` lists proxy entries, which are not listed otherwise. */
export interface NeighbourFilter {
  readonly family?: Family;
  readonly linkIndex?: number;
  readonly proxy?: boolean;
}

/** The neighbours of a network namespace. */
export interface Neighbours<F extends Face = 'async'> {
  /** Filtered by the kernel. */
  list(filter?: NeighbourFilter): Answer<F, Neighbour[]>;
  /** @throws NetlinkError EEXIST (`isExists`). */
  add(neighbour: NewNeighbour): Answer<F, void>;
  replace(neighbour: NewNeighbour): Answer<F, void>;
  ensure(neighbour: NewNeighbour): Answer<F, Ensured>;
  remove(neighbour: Pick<Neighbour, 'linkIndex' | 'address' | 'proxy'>): Answer<F, Removed>;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const { request, ack, dump: dumpFlag, create, exclusive, replace } = messageFlag;
/** struct ndmsg: u8 family, pad, u16 pad, i32 index, u16 state, u8 flags, u8 type. */
const headerLength = 12;
const ignored = new Set<number>([nda.cacheInfo, nda.probes, nda.master]);

export function planNeighbours(): Neighbours<'plan'> {
  const writer = new MessageWriter();
  const neighbours: Neighbours<'plan'> = {
    ensure: (neighbour) => ensureNeighbour(neighbours, neighbour),
    list: (filter = {}) =>
      listing(() => ({
        message: encodeListNeighbours(writer, filter),
        describe: () => 'listing neighbours',
        decode: (type, view, start, end) => {
          const found = type === rtm.newNeighbour ? decodeNeighbour(view, start, end) : undefined;
          return found !== undefined && passes(found, filter) ? found : undefined;
        },
      })),
    add: (neighbour) =>
      command({
        message: encodeAddNeighbour(writer, neighbour, 'exclusive'),
        until: 'ack',
        describe: () => `adding neighbour ${say(neighbour)}`,
      }),
    replace: (neighbour) =>
      command({
        message: encodeAddNeighbour(writer, neighbour, 'replace'),
        until: 'ack',
        describe: () => `replacing neighbour ${say(neighbour)}`,
      }),
    remove: (neighbour) =>
      removedOrAbsent({
        message: encodeRemoveNeighbour(writer, neighbour),
        until: 'ack',
        describe: () => `removing neighbour ${say(neighbour)}`,
      }),
  };
  return neighbours;
}

export function encodeListNeighbours(writer: MessageWriter, filter: NeighbourFilter): Uint8Array {
  const family = filter.family === undefined ? 0 : addressFamily[filter.family];
  writer.begin(rtm.getNeighbour, request | dumpFlag);
  const flags = filter.proxy === true ? neighbourFlag.proxy : 0;
  writer.u8(family).u8(0).u16(0).u32(0).u16(0).u8(flags).u8(0);
  // the dump of proxy entries takes no filter in strict checking (neigh_valid_dump_req)
  if (filter.linkIndex !== undefined && filter.proxy !== true) {
    writer.attributeU32(nda.linkIndex, filter.linkIndex);
  }
  return writer.finish();
}

export function encodeAddNeighbour(
  writer: MessageWriter,
  entry: NewNeighbour,
  how: 'exclusive' | 'replace',
): Uint8Array {
  const state = entry.state ?? 'permanent';
  const flags = request | ack | create | (how === 'replace' ? replace : exclusive);
  writer.begin(rtm.newNeighbour, flags);
  writeEntry(writer, entry, state === 'none' ? 0 : neighbourState[state]);
  if (entry.macAddress !== undefined) {
    writer.attribute(nda.linkAddress, parseMacAddress(entry.macAddress));
  }
  if (entry.protocol !== undefined) writer.attributeU8(nda.protocol, entry.protocol);
  return writer.finish();
}

export function encodeRemoveNeighbour(
  writer: MessageWriter,
  entry: Pick<Neighbour, 'linkIndex' | 'address' | 'proxy'>,
): Uint8Array {
  writeEntry(writer.begin(rtm.delNeighbour, request | ack), entry, 0);
  return writer.finish();
}

function writeEntry(
  writer: MessageWriter,
  entry: Omit<NewNeighbour, 'state'>,
  state: number,
): void {
  const bytes = parseIpAddress(entry.address);
  const family = bytes.length === 4 ? addressFamily.ipv4 : addressFamily.ipv6;
  const flags =
    (entry.proxy === true ? neighbourFlag.proxy : 0) |
    (entry.router === true ? neighbourFlag.router : 0) |
    (entry.externallyLearned === true ? neighbourFlag.externallyLearned : 0);
  writer.u8(family).u8(0).u16(0).u32(entry.linkIndex).u16(state).u8(flags).u8(0);
  writer.attribute(nda.destination, bytes);
}

/** Reads an RTM_NEWNEIGH or RTM_DELNEIGH; undefined for other families than IPv4 and IPv6. */
export function decodeNeighbour(view: DataView, start: number, end: number): Neighbour | undefined {
  if (start + headerLength > end) return undefined;
  const family = familyFromNumber(view.getUint8(start));
  if (family === undefined) return undefined;
  const flags = view.getUint8(start + 10);
  const [state] = flagNames(neighbourState, view.getUint16(start + 8, hostIsLittleEndian));
  const entry: Mutable<Neighbour> = {
    family,
    linkIndex: view.getInt32(start + 4, hostIsLittleEndian),
    address: '',
    state: state ?? 'none',
  };
  if ((flags & neighbourFlag.proxy) !== 0) entry.proxy = true;
  if ((flags & neighbourFlag.router) !== 0) entry.router = true;
  if ((flags & neighbourFlag.externallyLearned) !== 0) entry.externallyLearned = true;
  const attribute = new AttributeCursor(view, start + headerLength, end);
  while (attribute.next()) {
    if (attribute.type === nda.destination) entry.address = formatIpAddress(attribute.peek());
    else if (attribute.type === nda.linkAddress) {
      entry.macAddress = formatMacAddress(attribute.peek());
    } else if (attribute.type === nda.protocol) entry.protocol = attribute.u8();
    else if (!ignored.has(attribute.type)) {
      entry.unknownAttributes = [...(entry.unknownAttributes ?? []), attribute.unknown()];
    }
  }
  return entry;
}

function passes(entry: Neighbour, filter: NeighbourFilter): boolean {
  return (
    (filter.linkIndex === undefined || filter.linkIndex === entry.linkIndex) &&
    (filter.family === undefined || filter.family === entry.family)
  );
}

function say(entry: Pick<Neighbour, 'linkIndex' | 'address'>): string {
  return `${entry.address} on link ${String(entry.linkIndex)}`;
}
