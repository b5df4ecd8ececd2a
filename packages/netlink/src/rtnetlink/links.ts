import { listing } from '../dump.ts';
import type { Exchange } from '../exchange.ts';
import type { NetnsReference } from '../network-namespace.ts';
import { command, concluded, isCommand } from '../plan.ts';
import type { Answer, Command, Face, Plan, Program } from '../plan.ts';
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
export interface Links<F extends Face = 'async'> {
  /** Filtered by the kernel. */
  list(filter?: LinkFilter): Answer<F, Link[]>;
  /** Undefined when there is none. */
  get(by: LinkRef): Answer<F, Link | undefined>;
  /** @throws NetlinkError EEXIST (name taken), EOPNOTSUPP (kind unknown to this kernel), EBUSY. */
  add(link: NewLink): Answer<F, void>;
  /** @throws NetlinkError ENODEV (`isNotFound`), EBUSY, EINVAL. */
  set(by: LinkRef, change: LinkChange): Answer<F, void>;
  /**
   * Gives a link further names, of up to 127 characters, by which it can be found.
   * @throws NetlinkError ENODEV (`isNotFound`), EEXIST (a name is taken).
   */
  addAltNames(by: LinkRef, names: readonly string[]): Answer<F, void>;
  /** @throws NetlinkError ENODEV (`isNotFound`), EINVAL (not a name of this link). */
  removeAltNames(by: LinkRef, names: readonly string[]): Answer<F, void>;
  /**
   * The link of that name: one that stands is brought to the wanted MTU, MAC address, queue length, master and state.
   * @throws NetlinkError EEXIST when it is of another kind, parent or mode: replacing it would lose its addresses.
   */
  ensure(link: NewLink): Answer<F, Ensured>;
  /** Takes about 20 ms, off the event loop. @throws NetlinkError EOPNOTSUPP (hardware, or the loopback). */
  remove(by: LinkRef): Answer<F, Removed>;
}

export function planLinks(): Links<'plan'> {
  const writer = new MessageWriter();
  const links: Links<'plan'> = {
    get: (by) => getLink(writer, by),
    ensure: (link) => ensureLink(links, link),
    list: (filter) =>
      listing(() => ({
        message: encodeListLinks(writer, filter),
        describe: () => 'listing links',
        decode: (type, view, start, end) =>
          type === rtm.newLink ? decodeLink(view, start, end) : undefined,
      })),
    add: (link) => {
      checkLinkName(link.name);
      if (link.kind === 'veth') checkLinkName(link.peer.name);
      const adding = (): Exchange => ({
        message: encodeAddLink(writer, link),
        until: 'ack',
        describe: () => `adding the ${link.kind} link ${link.name}`,
      });
      if (link.kind !== 'veth' || link.peer.up !== true) return command(adding());
      return addPairAndSetUp(links, adding, link.peer);
    },
    set: (by, change) => {
      if (change.name !== undefined) checkLinkName(change.name);
      // Its own name does not say which link it is while it gets another one.
      if (change.name !== undefined && 'name' in by) return rename(links, by, change);
      return command({
        message: encodeSetLink(writer, checkedReference(by), change),
        until: 'ack',
        // Moving a link waits for the network stack to let go of it.
        offLoop: change.netns !== undefined,
        describe: () => `setting ${Object.keys(change).join(', ')} of link ${sayLink(by)}`,
      });
    },
    addAltNames: (by, names) => changeAltNames(writer, by, { how: 'add', names }),
    removeAltNames: (by, names) => changeAltNames(writer, by, { how: 'remove', names }),
    remove: (by) =>
      removedOrAbsent({
        message: encodeRemoveLink(writer, checkedReference(by)),
        until: 'ack',
        offLoop: true,
        describe: () => `removing link ${sayLink(by)}`,
      }),
  };
  return links;
}

function getLink(writer: MessageWriter, by: LinkRef): Command<Link | undefined> {
  let found: Link | undefined;
  const exchange: Exchange = {
    message: encodeGetLink(writer, checkedReference(by)),
    until: 'answer',
    describe: () => `getting link ${sayLink(by)}`,
    onMessage: (type, view, start, end) => {
      if (type === rtm.newLink) found = decodeLink(view, start, end);
    },
  };
  return concluded(exchange, (refusal) => {
    if (refusal !== undefined && !refusal.isNotFound) throw refusal;
    return found;
  });
}

function changeAltNames(
  writer: MessageWriter,
  by: LinkRef,
  change: { readonly how: 'add' | 'remove'; readonly names: readonly string[] },
): Command<void> {
  for (const name of change.names) checkAltName(name);
  return command({
    message: encodeChangeAltNames(writer, checkedReference(by), change),
    until: 'ack',
    describe: () =>
      `${change.how === 'add' ? 'adding' : 'removing'} the alternative names ${change.names.join(', ')} of link ${sayLink(by)}`,
  });
}

/** A second request, in the peer's namespace; when it fails the pair goes again. */
function* addPairAndSetUp(
  links: Links<'plan'>,
  adding: () => Exchange,
  { name, netns }: { readonly name: string; readonly netns?: NetnsReference },
): Program<void> {
  yield adding();
  try {
    yield* within(netns, links.set({ name }, { up: true }));
  } catch (error) {
    yield* within(netns, links.remove({ name }));
    throw error;
  }
}

/** The same request in another namespace. */
function within<T>(netns: NetnsReference | undefined, plan: Plan<T>): Plan<T> {
  if (netns === undefined || !isCommand(plan)) return plan;
  return concluded({ ...plan.exchange, netns }, plan.conclude);
}

function* rename(links: Links<'plan'>, by: LinkRef, change: LinkChange): Program<void> {
  const link = yield* links.get(by);
  if (link !== undefined) {
    yield* links.set({ index: link.index }, change);
    return;
  }
  throw new NetlinkError(`renaming link ${sayLink(by)}: there is no such link`, {
    code: 'ENODEV',
    errno: 19,
  });
}
