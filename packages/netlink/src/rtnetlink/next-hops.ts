import { listing } from '../dump.ts';
import { command } from '../plan.ts';
import type { Answer, Command, Face } from '../plan.ts';
import { rtm } from '../schema/rtnetlink.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { removedOrAbsent } from './outcome.ts';
import type { Removed } from './outcome.ts';
import type { NewNextHop, NextHopObject } from './next-hop.ts';
import {
  decodeNextHop,
  encodeAddNextHop,
  encodeListNextHops,
  encodeRemoveNextHop,
} from './next-hop-codec.ts';

/** The nexthop objects of a network namespace. */
export interface NextHops<F extends Face = 'async'> {
  list(): Answer<F, NextHopObject[]>;
  /** @throws NetlinkError EEXIST, EINVAL (a member of a group is not there), ENODEV, ENETDOWN. */
  add(nextHop: NewNextHop): Answer<F, void>;
  /** Adds it, or replaces the one with that id under every route that names it. */
  replace(nextHop: NewNextHop): Answer<F, void>;
  /** Takes the routes that name it with it. */
  remove(id: number): Answer<F, Removed>;
}

export function planNextHops(): NextHops<'plan'> {
  const writer = new MessageWriter();
  const add = (what: string, nextHop: NewNextHop, how: 'exclusive' | 'replace'): Command<void> =>
    command({
      message: encodeAddNextHop(writer, nextHop, how),
      until: 'ack',
      describe: () => `${what} next hop ${String(nextHop.id)} (${nextHop.target.kind})`,
    });
  return {
    list: () =>
      listing(() => ({
        message: encodeListNextHops(writer),
        describe: () => 'listing next hops',
        decode: (type, view, start, end) =>
          type === rtm.newNextHop ? decodeNextHop(view, start, end) : undefined,
      })),
    add: (nextHop) => add('adding', nextHop, 'exclusive'),
    replace: (nextHop) => add('replacing', nextHop, 'replace'),
    remove: (id) =>
      removedOrAbsent({
        message: encodeRemoveNextHop(writer, id),
        until: 'ack',
        describe: () => `removing next hop ${String(id)}`,
      }),
  };
}
