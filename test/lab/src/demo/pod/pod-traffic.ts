import type { Socket } from 'node:dgram';
import type { PublicIdentity } from '@truetuple/core';
import { bindUdp, bindUdpNear, closeSocket, sendDatagram, tupleOf } from '../traffic/datagram.ts';
import {
  formatTuple,
  peerClasses,
  roles,
  type PeerClass,
  type Role,
  type Tuple,
} from '../traffic/flow.ts';
import { decodePayload, encodePayload } from '../traffic/payload.ts';
import { sendPaced } from '../traffic/paced-sender.ts';
import { Tally } from '../traffic/tally.ts';
import type { PodCall, PodCommand, PodEvent } from './pod-protocol.ts';

/** The ports of a SIP user agent and of its first RTP stream. */
export const nominalPorts: Readonly<Record<Role, number>> = { sip: 5060, rtp: 40_000 };

/** Where a packet goes next; undefined when the pod's kernel would not let it out. */
export type NextHop = (peer: PeerClass, to: Tuple) => Promise<Tuple | undefined>;

export interface PodTrafficOptions {
  readonly identity: PublicIdentity;
  readonly begin: Extract<PodCommand, { kind: 'begin' }>;
  readonly nextHop: NextHop;
  readonly tell: (event: PodEvent) => void;
}

/**
 * The pod's application: on each port one plain node:dgram socket for each address that the identity
 * names in `bind`. It answers what arrives from the socket that it arrived at, and calls when told to.
 */
export class PodTraffic {
  readonly #options: PodTrafficOptions;
  readonly #received = new Tally();
  readonly #replied = new Map<string, number>();
  readonly #sockets = new Map<string, Socket>();
  readonly advertised: Record<Role, string> = { sip: '', rtp: '' };

  constructor(options: PodTrafficOptions) {
    this.#options = options;
  }

  async open(): Promise<void> {
    for (const role of roles) {
      const bound = await this.#openRole(role);
      const { advertise, rtpPortShift } = this.#options.begin;
      const { publicIp, privateIp } = this.#options.identity;
      this.advertised[role] = formatTuple({
        address: advertise === 'public' ? publicIp : privateIp,
        port: role === 'rtp' ? bound - rtpPortShift : bound,
      });
    }
  }

  async call(calls: readonly PodCall[], paceMs: number): Promise<void> {
    await Promise.all(calls.map((call) => this.#callOne(call, paceMs)));
  }

  /** Gives the ports back. */
  async close(): Promise<void> {
    await Promise.all([...new Set(this.#sockets.values())].map(closeSocket));
    this.#sockets.clear();
  }

  tally(): Extract<PodEvent, { kind: 'tally' }> {
    return {
      kind: 'tally',
      received: this.#received.all(),
      replied: Object.fromEntries(this.#replied),
    };
  }

  /** Binds the sockets of a role; returns their port. */
  async #openRole(role: Role): Promise<number> {
    const { identity, begin } = this.#options;
    const wanted = nominalPorts[role] + (role === 'rtp' ? begin.rtpPortShift : 0);
    if (begin.world.kind === 'loopback') {
      // 127.0.0.1 stands for both addresses: one socket, on another port where this one is taken
      const socket = await bindUdpNear('127.0.0.1', wanted);
      for (const peer of peerClasses) this.#sockets.set(`${peer} ${role}`, socket);
      this.#serve(role, 'internet', socket);
      return tupleOf(socket).port;
    }
    for (const peer of peerClasses) {
      const socket = await bindUdp(identity.bind[peer], wanted);
      this.#sockets.set(`${peer} ${role}`, socket);
      this.#serve(role, peer, socket);
    }
    return wanted;
  }

  #serve(role: Role, peer: PeerClass, socket: Socket): void {
    socket.on('message', (bytes, { address, port }) => {
      const source = { address, port };
      const counted = this.#received.count(bytes, source);
      const payload = decodePayload(bytes);
      if (counted === undefined || payload === undefined) return;
      if (counted.packets === this.#options.begin.wanted) {
        this.#options.tell({ kind: 'complete', flow: counted.flow });
      }
      const flow = counted.flow.replace(/-in$/, '-reply');
      const classOf = flow.startsWith('vpc-') ? 'vpc' : peer;
      void this.#reply(socket, { flow, role, peer: classOf, to: source }, payload.sequence);
    });
  }

  async #reply(socket: Socket, call: PodCall, sequence: number): Promise<void> {
    if (await this.#send(socket, call, sequence)) {
      this.#replied.set(call.flow, (this.#replied.get(call.flow) ?? 0) + 1);
    }
  }

  async #callOne(call: PodCall, paceMs: number): Promise<void> {
    const socket = this.#sockets.get(`${call.peer} ${call.role}`);
    if (socket === undefined) throw new Error(`no socket of the pod for ${call.flow}`);
    const sent = await sendPaced({
      count: this.#options.begin.wanted,
      paceMs,
      send: (sequence) => this.#send(socket, call, sequence),
    });
    this.#options.tell({ kind: 'called', flow: call.flow, sent });
  }

  async #send(socket: Socket, call: PodCall, sequence: number): Promise<boolean> {
    const hop = await this.#options.nextHop(call.peer, call.to);
    if (hop === undefined) return false;
    const advertised = this.advertised[call.role];
    return sendDatagram(socket, encodePayload({ flow: call.flow, sequence, advertised }), hop);
  }
}
