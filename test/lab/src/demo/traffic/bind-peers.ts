import type { Socket } from 'node:dgram';
import type { PeerSocket } from '../stage.ts';
import { closeSocket, tupleOf } from './datagram.ts';
import { peerClasses, roles } from './flow.ts';

type PeerEnd = Pick<PeerSocket, 'peer' | 'role' | 'use'>;

/** A socket for each far side, role and use. When one cannot be bound, none stays open. */
export async function bindPeers(
  bind: (end: PeerEnd) => Promise<Socket>,
): Promise<readonly PeerSocket[]> {
  await using opened = new AsyncDisposableStack();
  const sockets: PeerSocket[] = [];
  for (const peer of peerClasses) {
    for (const role of roles) {
      for (const use of ['called', 'fresh'] as const) {
        const socket = await bind({ peer, role, use });
        opened.defer(() => closeSocket(socket));
        sockets.push({ peer, role, use, socket, tuple: tupleOf(socket) });
      }
    }
  }
  opened.move();
  return sockets;
}
