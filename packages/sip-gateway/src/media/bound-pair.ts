import type { Ipv4Address } from '../address.ts';
import type { Endpoint } from '../sdp/stream-description.ts';
import type { BoundSocket, DatagramPort } from './datagram-port.ts';

export type Component = 'rtp' | 'rtcp';

/** Gets what comes to either port of a pair, on any of its addresses. */
export type PairReceiver = (component: Component, bytes: Uint8Array, from: Endpoint) => void;

type Sockets = ReadonlyMap<Ipv4Address, BoundSocket>;

/** A pair of ports, bound on every local address. It is deaf while it has no receiver: what comes is read and swallowed. */
export class BoundPair {
  /** The even one; RTCP has the next (RFC 3550, section 11). */
  readonly rtpPort: number;
  receiver: PairReceiver | undefined;
  readonly #sockets: Record<Component, Sockets> = { rtp: new Map(), rtcp: new Map() };

  private constructor(rtpPort: number) {
    this.rtpPort = rtpPort;
  }

  /**
   * Binds both ports on every address, or none of them.
   *
   * @throws what the first failed bind threw
   */
  static async bind(
    network: DatagramPort,
    addresses: readonly Ipv4Address[],
    rtpPort: number,
  ): Promise<BoundPair> {
    const pair = new BoundPair(rtpPort);
    try {
      await pair.#bind(network, addresses, 'rtp', rtpPort);
      await pair.#bind(network, addresses, 'rtcp', rtpPort + 1);
    } catch (error) {
      await pair.close();
      throw error;
    }
    return pair;
  }

  /** The socket on this address; undefined for one that is not ours. */
  socket(component: Component, address: Ipv4Address): BoundSocket | undefined {
    return this.#sockets[component].get(address);
  }

  async close(): Promise<void> {
    const { rtp, rtcp } = this.#sockets;
    await Promise.all([...rtp.values(), ...rtcp.values()].map((socket) => socket.close()));
  }

  async #bind(
    network: DatagramPort,
    addresses: readonly Ipv4Address[],
    component: Component,
    port: number,
  ): Promise<void> {
    const sockets = new Map<Ipv4Address, BoundSocket>();
    this.#sockets[component] = sockets;
    for (const address of addresses) {
      const socket = await network.bind({ address, port }, (bytes, from) =>
        this.receiver?.(component, bytes, from),
      );
      sockets.set(address, socket);
    }
  }
}
