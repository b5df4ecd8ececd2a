import type { Socket } from 'node:dgram';
import { bindUdp, closeSocket, sendDatagram, tupleOf } from '../traffic/datagram.ts';
import { formatTuple, type Tuple } from '../traffic/flow.ts';
import type { NatDoor } from '../pod/pod-protocol.ts';

/**
 * A NAT of the kind that EKS's path to the Internet is, in user space on 127.0.0.1: each destination gets
 * a port of its own (RFC 4787 section 4.1, "address and port-dependent mapping"), and only that
 * destination may answer through it (section 5).
 */
export class UserSpaceNat implements AsyncDisposable {
  readonly #sockets: Socket[] = [];
  readonly #doors = new Map<string, Promise<NatDoor>>();
  /** Packets from others than a mapping's destination. */
  refused = 0;

  /** What one host sends to the door arrives at `to` from a port that the NAT chose. */
  door(host: string, to: Tuple): Promise<NatDoor> {
    const key = `${host} ${formatTuple(to)}`;
    const known = this.#doors.get(key) ?? this.#open(to);
    this.#doors.set(key, known);
    return known;
  }

  async #open(to: Tuple): Promise<NatDoor> {
    const inside = await this.#bind();
    const outside = await this.#bind();
    let host: Tuple | undefined;
    inside.on('message', (bytes, { address, port }) => {
      host = { address, port };
      void sendDatagram(outside, bytes, to);
    });
    outside.on('message', (bytes, { address, port }) => {
      const isDestination = address === to.address && port === to.port;
      if (isDestination && host !== undefined) void sendDatagram(inside, bytes, host);
      else this.refused += 1;
    });
    return { to, door: tupleOf(inside) };
  }

  async #bind(): Promise<Socket> {
    const socket = await bindUdp('127.0.0.1', 0);
    this.#sockets.push(socket);
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#doors.values());
    await Promise.all(this.#sockets.splice(0).map(closeSocket));
  }
}
