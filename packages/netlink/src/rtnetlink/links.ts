import { Connection } from '../connection.ts';
import { dump } from '../dump.ts';
import { NetlinkError } from '../errors.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Ensured, Removed } from './outcome.ts';
import { decodeLink } from './decode-link.ts';
import {
  encodeAddLink,
  encodeChangeAltNames,
  encodeGetLink,
  encodeListLinks,
  encodeRemoveLink,
  encodeSetLink,
} from './encode-link.ts';
import { ensureLink } from './ensure-link.ts';
import type { Link, LinkChange, LinkFilter, LinkRef } from './link.ts';
import { checkAltName, checkedReference, checkLinkName, sayLink } from './link-reference.ts';
import type { NewLink } from './new-link.ts';

/** The links of a network namespace. */
export interface Links {
  /** Filtered by the kernel. */
  list(filter?: LinkFilter): Promise<Link[]>;
  /** Undefined when there is none. */
  get(by: LinkRef): Promise<Link | undefined>;
  /** @throws NetlinkError EEXIST (name taken), EOPNOTSUPP (kind unknown to this kernel), EBUSY. */
  add(link: NewLink): Promise<void>;
  /** @throws NetlinkError ENODEV (`isNotFound`), EBUSY, EINVAL. */
  set(by: LinkRef, change: LinkChange): Promise<void>;
  /**
   * Gives a link further names, of up to 127 characters, by which it can be found.
   * @throws NetlinkError ENODEV (`isNotFound`), EEXIST (a name is taken).
   */
  addAltNames(by: LinkRef, names: readonly string[]): Promise<void>;
  /** @throws NetlinkError ENODEV (`isNotFound`), EINVAL (not a name of this link). */
  removeAltNames(by: LinkRef, names: readonly string[]): Promise<void>;
  /**
   * The link of that name: one that stands is brought to the wanted MTU, MAC address, queue length, master and state.
   * @throws NetlinkError EEXIST when it is of another kind, parent or mode: replacing it would lose its addresses.
   */
  ensure(link: NewLink): Promise<Ensured>;
  /** Takes about 20 ms, off the event loop. @throws NetlinkError EOPNOTSUPP (hardware, or the loopback). */
  remove(by: LinkRef): Promise<Removed>;
}

export function createLinks(connection: Connection): Links {
  const writer = new MessageWriter();
  const get: Links['get'] = (by) => getLink(connection, writer, by);
  const links: Links = {
    get,
    ensure: (link) => ensureLink(links, link),
    list: (filter) =>
      dump(connection, () => ({
        message: encodeListLinks(writer, filter),
        describe: () => 'listing links',
        decode: (type, view, start, end) =>
          type === rtm.newLink ? decodeLink(view, start, end) : undefined,
      })),
    add: async (link) => {
      checkLinkName(link.name);
      if (link.kind === 'veth') checkLinkName(link.peer.name);
      await connection.run({
        message: encodeAddLink(writer, link),
        until: 'ack',
        describe: () => `adding the ${link.kind} link ${link.name}`,
      });
      if (link.kind === 'veth' && link.peer.up === true) await setPeerUp(connection, link);
    },
    set: async (by, change) => {
      if (change.name !== undefined) checkLinkName(change.name);
      const target = change.name === undefined ? checkedReference(by) : await resolve(get, by);
      await connection.run({
        message: encodeSetLink(writer, target, change),
        until: 'ack',
        // Moving a link waits for the network stack to let go of it.
        offLoop: change.netns !== undefined,
        describe: () => `setting ${Object.keys(change).join(', ')} of link ${sayLink(by)}`,
      });
    },
    addAltNames: async (by, names) => {
      await changeAltNames(connection, writer, by, { how: 'add', names });
    },
    removeAltNames: async (by, names) => {
      await changeAltNames(connection, writer, by, { how: 'remove', names });
    },
    remove: (by) =>
      removedOrAbsent(
        connection.run({
          message: encodeRemoveLink(writer, checkedReference(by)),
          until: 'ack',
          offLoop: true,
          describe: () => `removing link ${sayLink(by)}`,
        }),
      ),
  };
  return links;
}

async function getLink(
  connection: Connection,
  writer: MessageWriter,
  by: LinkRef,
): Promise<Link | undefined> {
  let found: Link | undefined;
  try {
    await connection.run({
      message: encodeGetLink(writer, checkedReference(by)),
      until: 'answer',
      describe: () => `getting link ${sayLink(by)}`,
      onMessage: (type, view, start, end) => {
        if (type === rtm.newLink) found = decodeLink(view, start, end);
      },
    });
  } catch (error) {
    if (!NetlinkError.is(error) || !error.isNotFound) throw error;
  }
  return found;
}

async function changeAltNames(
  connection: Connection,
  writer: MessageWriter,
  by: LinkRef,
  change: { readonly how: 'add' | 'remove'; readonly names: readonly string[] },
): Promise<void> {
  for (const name of change.names) checkAltName(name);
  await connection.run({
    message: encodeChangeAltNames(writer, checkedReference(by), change),
    until: 'ack',
    describe: () =>
      `${change.how === 'add' ? 'adding' : 'removing'} the alternative names ${change.names.join(', ')} of link ${sayLink(by)}`,
  });
}

/** A second request, in the peer's namespace; when it fails the pair goes again. */
async function setPeerUp(connection: Connection, link: NewLink & { kind: 'veth' }): Promise<void> {
  const { name, netns } = link.peer;
  const away = netns === undefined ? undefined : new Connection(netns);
  const peers = createLinks(away ?? connection);
  try {
    await peers.set({ name }, { up: true });
  } catch (error) {
    await peers.remove({ name });
    throw error;
  } finally {
    away?.close();
  }
}

async function resolve(get: Links['get'], by: LinkRef): Promise<LinkRef> {
  if ('index' in by) return by;
  const link = await get(by);
  if (link !== undefined) return { index: link.index };
  throw new NetlinkError(`renaming link ${sayLink(by)}: there is no such link`, {
    code: 'ENODEV',
    errno: 19,
  });
}
