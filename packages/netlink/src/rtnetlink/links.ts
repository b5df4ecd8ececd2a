import { Connection } from '../connection.ts';
import { dump } from '../dump.ts';
import { inputError, NetlinkError } from '../errors.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeLink } from './decode-link.ts';
import {
  encodeAddLink,
  encodeGetLink,
  encodeListLinks,
  encodeRemoveLink,
  encodeSetLink,
} from './encode-link.ts';
import type { Link, LinkChange, LinkRef, NewLink } from './link.ts';

/** The links of a network namespace. */
export interface Links {
  list(): Promise<Link[]>;
  /** Undefined when there is none. */
  get(by: LinkRef): Promise<Link | undefined>;
  /** @throws NetlinkError EEXIST (name taken), EOPNOTSUPP (kind unknown to this kernel), EBUSY. */
  add(link: NewLink): Promise<void>;
  /** @throws NetlinkError ENODEV (`isNotFound`), EBUSY, EINVAL. */
  set(by: LinkRef, change: LinkChange): Promise<void>;
  /** @throws NetlinkError ENODEV (`isNotFound`). Takes about 20 ms, off the event loop. */
  remove(by: LinkRef): Promise<void>;
}

export function createLinks(connection: Connection): Links {
  const writer = new MessageWriter();
  const get = async (by: LinkRef): Promise<Link | undefined> => {
    let found: Link | undefined;
    try {
      await connection.run({
        message: encodeGetLink(writer, checked(by)),
        until: 'answer',
        describe: () => `getting link ${say(by)}`,
        onMessage: (type, view, start, end) => {
          if (type === rtm.newLink) found = decodeLink(view, start, end);
        },
      });
    } catch (error) {
      if (!NetlinkError.is(error) || !error.isNotFound) throw error;
    }
    return found;
  };
  return {
    get,
    list: () =>
      dump(connection, () => ({
        message: encodeListLinks(writer),
        describe: () => 'listing links',
        decode: (type, view, start, end) =>
          type === rtm.newLink ? decodeLink(view, start, end) : undefined,
      })),
    add: async (link) => {
      checkName(link.name);
      if (link.kind === 'veth') checkName(link.peer.name);
      await connection.run({
        message: encodeAddLink(writer, link),
        until: 'ack',
        describe: () => `adding the ${link.kind} link ${link.name}`,
      });
      if (link.kind === 'veth' && link.peer.up === true) await setPeerUp(connection, link);
    },
    set: async (by, change) => {
      if (change.name !== undefined) checkName(change.name);
      const target = change.name === undefined ? checked(by) : await resolve(get, by);
      await connection.run({
        message: encodeSetLink(writer, target, change),
        until: 'ack',
        // Moving a link waits for the network stack to let go of it.
        offLoop: change.netns !== undefined,
        describe: () => `setting ${Object.keys(change).join(', ')} of link ${say(by)}`,
      });
    },
    remove: async (by) => {
      await connection.run({
        message: encodeRemoveLink(writer, checked(by)),
        until: 'ack',
        offLoop: true,
        describe: () => `removing link ${say(by)}`,
      });
    },
  };
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
  throw new NetlinkError(`renaming link ${say(by)}: there is no such link`, {
    code: 'ENODEV',
    errno: 19,
  });
}

function checked(by: LinkRef): LinkRef {
  if ('name' in by) checkName(by.name);
  return by;
}

/** Longer names are cut or refused differently by different kernels; IFNAMSIZ is 16 with the zero. */
function checkName(name: string): void {
  if (/^[^/\s\0:]{1,15}$/.test(name) && name !== '.' && name !== '..') return;
  throw inputError(
    `"${name}" cannot name a link`,
    'Use 1 to 15 characters, without slash, colon and white space.',
  );
}

function say(by: LinkRef): string {
  return 'index' in by ? `with index ${String(by.index)}` : by.name;
}
