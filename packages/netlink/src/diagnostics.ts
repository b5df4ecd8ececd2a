import { channel } from 'node:diagnostics_channel';
import type { Channel } from 'node:diagnostics_channel';
import type { Bus } from './explain/layouts.ts';
import { netlinkProtocol } from './schema/netlink.ts';
import type { Datagram } from './transport.ts';

/** Published on `truetuple.netlink.request` before messages are given to the kernel. */
export interface RequestEvent {
  /** Which netlink socket of this process: its descriptor. */
  readonly socket: number;
  readonly bus: Bus;
  /** A copy; the messages of one send, for `explain(bytes, { bus })`. */
  readonly bytes: Uint8Array;
}

/** Published on `truetuple.netlink.answer` for each datagram, events of watched groups included. */
export interface AnswerEvent extends RequestEvent {
  /** The datagram was longer than what there was room for. */
  readonly truncated: boolean;
  /** The sender's port id: 0 is the kernel; what others send is not believed. */
  readonly sender: number;
}

/** Published on `truetuple.netlink.overrun` when the kernel had no room for answers or events. */
export type OverrunEvent = Omit<RequestEvent, 'bytes'>;

const requests = channel('truetuple.netlink.request');
const answers = channel('truetuple.netlink.answer');
const overruns = channel('truetuple.netlink.overrun');

/** What a netlink socket does, for who subscribed in `node:diagnostics_channel`; nothing is made for nobody. */
export class Diagnostics {
  readonly #socket: number;
  readonly #bus: Bus;

  constructor(socket: number, protocol: number) {
    this.#socket = socket;
    this.#bus = busOf(protocol);
  }

  request(message: Uint8Array): void {
    if (requests.hasSubscribers) this.#publish(requests, { bytes: message.slice() });
  }

  answer({ bytes, length, truncated, sender }: Datagram): void {
    if (!answers.hasSubscribers) return;
    this.#publish(answers, { bytes: bytes.slice(0, length), truncated, sender });
  }

  overrun(): void {
    if (overruns.hasSubscribers) this.#publish(overruns, {});
  }

  #publish(to: Channel, event: Omit<AnswerEvent, 'socket' | 'bus'> | object): void {
    to.publish({ socket: this.#socket, bus: this.#bus, ...event });
  }
}

function busOf(protocol: number): Bus {
  if (protocol === netlinkProtocol.netfilter) return 'netfilter';
  return protocol === netlinkProtocol.sockDiag ? 'sock-diag' : 'route';
}
