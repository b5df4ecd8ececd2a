import { Connection } from './connection.ts';
import { createDeclarative } from './declarative/declarative.ts';
import type { Declarative } from './declarative/declarative.ts';
import { facesOf } from './faces.ts';
import type { Faced } from './faces.ts';
import type { NetnsReference } from './network-namespace.ts';
import type { NetlinkEvent } from './rtnetlink/event.ts';
import { follow } from './rtnetlink/follow.ts';
import type { Follow, FollowEvent } from './rtnetlink/follow.ts';
import type { FollowedKind } from './rtnetlink/followed.ts';
import { planVerbs } from './rtnetlink/verbs.ts';
import type { Verbs } from './rtnetlink/verbs.ts';
import { watchTransport } from './rtnetlink/watch.ts';
import type { Watch } from './rtnetlink/watch.ts';
import { netlinkProtocol } from './schema/netlink.ts';
import { groups as groupNumbers } from './schema/rtnetlink.ts';
import type { Transport } from './transport.ts';

/** What can be watched. */
export type WatchGroup = keyof typeof groupNumbers;

/**
 * rtnetlink in one network namespace: what the kernel is asked and told, and nothing built upon it. Methods may be called in parallel; each carries out one request,
 * and rejects with a NetlinkError. What is rejected with `ECLOSED` or `ENOBUFS` may have been applied.
 * An idle Netlink does not keep the process alive; a watch does.
 */
export interface Rtnetlink
  extends Faced<Verbs, Verbs<'sync'>, Verbs<'batch'>>, Verbs, AsyncDisposable, Disposable {
  /**
   * Tells what changes, over a socket of its own. The events begin with the next change: list once
   * after starting to watch. Closing the Netlink closes its watches.
   */
  watch(groups: readonly WatchGroup[], listener: (event: NetlinkEvent) => void): Watch;
  close(): void;
}

/** {@link Rtnetlink}, with changes from one state to another, and with what is there followed. */
export interface Netlink extends Rtnetlink, Declarative {
  /**
   * Tells all that is there, then each change: lists again by itself where events were lost or where the kernel is silent. Resolves
   * when the snapshot was told.
   */
  follow(kinds: readonly FollowedKind[], listener: (event: FollowEvent) => void): Promise<Follow>;
}

/** Where rtnetlink is opened, and over what. */
export interface NetlinkOptions {
  readonly netns?: NetnsReference;
  /**
   * Carries the requests in place of the addon's socket, opened by the caller where it shall speak; it is
   * closed with the Netlink. What has a socket of its own (`sync`, watches) goes on using the addon.
   */
  readonly transport?: Transport;
}

/**
 * Opens rtnetlink in the namespace given (object, path or descriptor), else in that of this process.
 * @throws NetlinkError ENATIVE (no addon), ENOENT (path), EPERM (no CAP_SYS_ADMIN for that namespace).
 */
export async function openNetlink(options: NetlinkOptions = {}): Promise<Netlink> {
  const rtnetlink = await openRtnetlink(options);
  return {
    ...rtnetlink,
    ...createDeclarative(rtnetlink),
    follow: (kinds, listener) => follow(rtnetlink, kinds, listener),
  };
}

/**
 * Opens less than openNetlink, for programs whose size matters: a bundler leaves out what is built upon rtnetlink.
 * @throws NetlinkError as openNetlink does.
 */
export async function openRtnetlink(options: NetlinkOptions = {}): Promise<Rtnetlink> {
  const connection = new Connection(options.netns, netlinkProtocol.route, options.transport);
  const watches = new Set<Watch>();
  const close = (): void => {
    for (const watch of watches) watch.close();
    connection.close();
  };
  const watch: Netlink['watch'] = (groups, listener) => {
    const numbers = groups.flatMap((group) => groupNumbers[group]);
    const inner = watchTransport(connection.listen(numbers), listener);
    const one: Watch = {
      close: () => {
        watches.delete(one);
        inner.close();
      },
    };
    watches.add(one);
    return one;
  };
  const verbs = facesOf<Verbs, Verbs<'sync'>, Verbs<'batch'>>(planVerbs(), connection);
  return {
    ...verbs,
    watch,
    close,
    [Symbol.dispose]: close,
    [Symbol.asyncDispose]: async () => {
      close();
    },
  };
}
