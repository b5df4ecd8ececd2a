// Requests over the package node-netlink: one at a time only, see `npm run why-not-node-netlink`.
import { messageType } from './schema/netlink.ts';
import type { Datagram, Transport } from './transport.ts';
import { hostIsLittleEndian } from './wire/byte-order.ts';
import { headerLength, readHeader } from './wire/message-header.ts';
import type { MessageHeader } from './wire/message-header.ts';

interface Packet {
  readonly header: Readonly<Record<'nlmsg_type' | 'nlmsg_flags' | 'nlmsg_seq', bigint | number>>;
  readonly payload: Uint8Array;
}

/** What of node-netlink's default export is used. */
export interface NodeNetlink {
  open(options: { readonly family: number }): Promise<{
    tryTalk(packet: object, options: { readonly timeout: number }): Promise<unknown>;
    on(event: 'message', listener: (packet: Packet) => void): void;
    close(): Promise<void>;
  }>;
}

const flagAck = 4;
const timeout = 2000;
const [nothing, lost] = [-11, -105]; // -EAGAIN, -ENOBUFS

/**
 * A transport for `openNetlink({ transport })`, in this process's network namespace. A request that
 * node-netlink gives up on ends as unknown: the kernel may have carried it out.
 * @param nodeNetlink the default export of the package node-netlink
 */
export async function openNodeNetlink(nodeNetlink: NodeNetlink): Promise<Transport> {
  const socket = await nodeNetlink.open({ family: 0 });
  const received: (Uint8Array | number)[] = [];
  // By node-netlink's number, which counts its requests from 1, until the kernel has no more to say.
  const asked = new Map<number, { readonly sequence: number; isAnswered: boolean }>();
  let count = 0;
  let listener: (() => void) | undefined;
  let isWanted = false;
  const take = (datagram: Uint8Array | number): void => {
    received.push(datagram);
    if (isWanted) listener?.();
  };
  socket.on('message', ({ header, payload }) => {
    const bytes = new Uint8Array(headerLength + payload.length);
    const number = Number(header.nlmsg_seq);
    const request = asked.get(number);
    const [type, flags] = [Number(header.nlmsg_type), Number(header.nlmsg_flags)];
    new Uint32Array(bytes.buffer, 0, 3).set([bytes.length, 0, request?.sequence ?? 0]);
    new Uint16Array(bytes.buffer, 4, 2).set([type, flags]);
    if (request !== undefined) request.isAnswered = true;
    if (type === messageType.error || type === messageType.done) asked.delete(number);
    bytes.set(payload, headerLength);
    take(bytes);
  });
  const send = (messages: Uint8Array): number => {
    const view = new DataView(messages.buffer, messages.byteOffset, messages.length);
    const read: MessageHeader = { length: 0, type: 0, flags: 0, sequence: 0, portId: 0 };
    let at = 0;
    while (readHeader(view, at, messages.length, read, hostIsLittleEndian)) {
      const number = ++count;
      const request = { sequence: read.sequence, isAnswered: false };
      asked.set(number, request);
      const [nlmsg_type, nlmsg_flags] = [BigInt(read.type), BigInt(read.flags | flagAck)];
      const header = { nlmsg_type, nlmsg_flags };
      const payload = Buffer.from(messages.slice(at + headerLength, at + read.length));
      at += (read.length + 3) & ~3;
      socket.tryTalk({ header, payload }, { timeout }).catch(() => {
        if (request.isAnswered) return;
        asked.delete(number);
        take(lost);
      });
    }
    return 0;
  };
  const receive = (datagram: Datagram): number => {
    const next = received.shift() ?? nothing;
    if (typeof next === 'number') return next;
    datagram.length = Math.min(next.length, datagram.bytes.length);
    datagram.truncated = next.length > datagram.bytes.length;
    datagram.sender = 0;
    datagram.bytes.set(next.subarray(0, datagram.length));
    return 0;
  };
  const wantReadable = (wanted: boolean): void => void (isWanted = wanted);
  const onReadable = (readable: () => void): void => void (listener = readable);
  const own = { send, receive, onReadable, wantReadable, close: (): void => void socket.close() };
  const sendOffLoop = async (messages: Uint8Array): Promise<number> => send(messages);
  return { maxBytes: 8192, maxRefusals: 128, answersWithinSend: false, sendOffLoop, ...own };
}
