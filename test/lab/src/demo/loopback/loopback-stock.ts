import type { Socket } from 'node:dgram';
import { Arrivals } from '../traffic/arrivals.ts';
import { bindUdp, closeSocket, sendDatagram, tupleOf } from '../traffic/datagram.ts';
import { roles, type Role, type Tuple } from '../traffic/flow.ts';
import { nominalPorts } from '../pod/pod-traffic.ts';
import {
  stockAppAddress,
  stockAppTuple,
  type StockPeer,
  type StockWorld,
} from '../acts/stock-path.ts';
import { UserSpaceNat } from './user-space-nat.ts';

/** Only lost packets use this up. */
const arrivalTimeoutMs = 1000;

/** Act 1 on 127.0.0.1: the app's packets leave through a user-space NAT that rewrites ports. */
export async function openLoopbackStock(): Promise<StockWorld> {
  await using opened = new AsyncDisposableStack();
  const nat = opened.use(new UserSpaceNat());
  const sockets = new Map<string, Socket>();
  const atPeers = new Arrivals();
  const atApp = new Arrivals();
  for (const role of roles) {
    for (const host of ['app', 'first', 'second'] as const) {
      const socket = await bindUdp('127.0.0.1', 0);
      opened.defer(() => closeSocket(socket));
      sockets.set(`${host} ${role}`, socket);
      (host === 'app' ? atApp : atPeers).listen(socket);
    }
  }
  const socketOf = (host: 'app' | StockPeer, role: Role): Socket => {
    const socket = sockets.get(`${host} ${role}`);
    if (socket === undefined) throw new Error(`no socket of ${host} for ${role}`);
    return socket;
  };
  const resources = opened.move();
  return {
    observedBy: 'receiving socket',
    appTuple: (role) => stockAppTuple(nominalPorts[role]),
    appToPeer: async (role, peer, payload) => {
      const { door } = await nat.door(`app ${role}`, tupleOf(socketOf(peer, role)));
      await sendDatagram(socketOf('app', role), payload, door);
    },
    peerToApp: async (role, peer, to, payload) => {
      // nothing on the Internet leads to a private address: the packet ends where it starts
      if (to.address === stockAppAddress) return;
      await sendDatagram(socketOf(peer, role), payload, to);
    },
    seenByPeer: (flow, _role, _peer, packets) => atPeers.of(flow, packets, arrivalTimeoutMs),
    seenByApp: (flow, _role, packets) => atApp.of(flow, packets, arrivalTimeoutMs),
    whereLost: async (_flow, to) => whereLost(nat, to),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function whereLost(nat: UserSpaceNat, to: Tuple): string {
  if (to.address === stockAppAddress) return 'no route to a private address';
  return nat.refused > 0 ? `the NAT refuses them (${nat.refused})` : 'lost on the way';
}
