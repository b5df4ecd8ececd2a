import { listing } from '../dump.ts';
import { familyOfFilter } from './filter-family.ts';
import type { Answer, Face, Program } from '../plan.ts';
import { listFamilies } from '../rtnetlink/family.ts';
import { removedOrAbsent } from '../rtnetlink/outcome.ts';
import type { Removed } from '../rtnetlink/outcome.ts';
import { sockDiag } from '../schema/sock-diag.ts';
import type { Family } from '../wire/ip-address.ts';
import { MessageWriter } from '../wire/message-writer.ts';
import { decodeSocket, encodeDestroySocket, encodeListSockets } from './socket-codec.ts';
import type { Socket, SocketFilter, SocketId } from './socket.ts';

/** The TCP and UDP sockets of a network namespace. */
export interface Sockets<F extends Face = 'async'> {
  list(filter: SocketFilter): Answer<F, Socket[]>;
  /**
   * Ends one socket (SOCK_DESTROY): its owner's next call fails with ECONNABORTED. Needs CAP_NET_ADMIN.
   * @throws NetlinkError EOPNOTSUPP (a kernel without INET_DIAG_DESTROY), EPERM.
   */
  destroy(socket: SocketId): Answer<F, Removed>;
}

export function planSockets(): Sockets<'plan'> {
  const writer = new MessageWriter();
  const listFamily = (filter: SocketFilter, family: Family): Program<Socket[]> =>
    listing(() => ({
      message: encodeListSockets(writer, family, filter),
      describe: () => `listing ${family} ${filter.protocol} sockets`,
      decode: (type, view, start, end) =>
        type === sockDiag.byFamily ? decodeSocket(view, start, end, filter.protocol) : undefined,
    }));
  return {
    list: (filter) => {
      const family = familyOfFilter(filter);
      return listFamilies(family === undefined ? {} : { family }, (one) => listFamily(filter, one));
    },
    destroy: (socket) =>
      removedOrAbsent({
        message: encodeDestroySocket(writer, socket),
        until: 'ack',
        describe: () =>
          `destroying the ${socket.protocol} socket ${socket.localAddress} port ${String(socket.localPort)}`,
      }),
  };
}
