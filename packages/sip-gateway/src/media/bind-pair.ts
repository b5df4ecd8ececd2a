import type { Ipv4Address } from '../address.ts';
import type { BoundSocket, DatagramPort, OnDatagram } from './datagram-port.ts';
import type { Component, PairSockets } from './relay-side.ts';

/**
 * Binds both ports of a pair on every address, or none of them.
 *
 * @throws what the first failed bind threw
 */
export async function bindPair(
  network: DatagramPort,
  { addresses, rtpPort }: { readonly addresses: readonly Ipv4Address[]; readonly rtpPort: number },
  onDatagram: (component: Component) => OnDatagram,
): Promise<PairSockets> {
  const open: BoundSocket[] = [];
  const bind = async (
    component: Component,
    port: number,
  ): Promise<Map<Ipv4Address, BoundSocket>> => {
    const sockets = new Map<Ipv4Address, BoundSocket>();
    for (const address of addresses) {
      const socket = await network.bind({ address, port }, onDatagram(component));
      open.push(socket);
      sockets.set(address, socket);
    }
    return sockets;
  };
  try {
    return { rtp: await bind('rtp', rtpPort), rtcp: await bind('rtcp', rtpPort + 1) };
  } catch (error) {
    await Promise.all(open.map((socket) => socket.close()));
    throw error;
  }
}
