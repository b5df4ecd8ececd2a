import { expect, it } from 'vitest';
import { openNodeNetlink } from './node-netlink.ts';
import type { NodeNetlink } from './node-netlink.ts';
import type { Datagram } from './transport.ts';
import { MessageWriter } from './wire/message-writer.ts';

type Listener = (packet: {
  readonly header: Readonly<Record<'nlmsg_type' | 'nlmsg_flags' | 'nlmsg_seq', number>>;
  readonly payload: Uint8Array;
}) => void;

/** node-netlink, as far as it is used: tells what it received, and gives up when told to. */
function fake(): {
  package: NodeNetlink;
  receive: (type: number, number: number) => void;
  giveUp: () => void;
} {
  const listeners: Listener[] = [];
  const gaveUp = Promise.withResolvers<never>();
  const socket = {
    tryTalk: () => gaveUp.promise,
    on: (_event: string, listen: Listener) => void listeners.push(listen),
    close: async () => undefined,
  };
  return {
    package: { open: async () => socket },
    receive: (type, number) => {
      const header = { nlmsg_type: type, nlmsg_flags: 0, nlmsg_seq: number };
      for (const listen of listeners) listen({ header, payload: new Uint8Array(4) });
    },
    giveUp: () => gaveUp.reject(new Error('timeout reached')),
  };
}

function request(sequence: number): Uint8Array {
  const bytes = new MessageWriter(true).begin(26, 0x301).u32(0).finish().slice();
  new DataView(bytes.buffer).setUint32(8, sequence, true);
  return bytes;
}

const datagram: Datagram = { bytes: new Uint8Array(64), length: 0, truncated: false, sender: 0 };
const [error, done, part] = [2, 3, 24];

it.each([error, done])(
  "forgets a request with its last message (type %i): what comes later is nobody's",
  async (last) => {
    const there = fake();
    const transport = await openNodeNetlink(there.package);
    transport.send(request(77));
    const sequences: number[] = [];
    for (const type of [part, part, last, part]) {
      there.receive(type, 1);
      expect(transport.receive(datagram)).toBe(0);
      sequences.push(new DataView(datagram.bytes.buffer).getUint32(8, true));
    }
    expect(sequences).toEqual([77, 77, 77, 0]);
  },
);

it('what it gives up on is lost, unless the kernel has begun to answer', async () => {
  const there = fake();
  const transport = await openNodeNetlink(there.package);
  transport.send(request(77));
  transport.send(request(78));
  there.receive(part, 1);
  expect(transport.receive(datagram)).toBe(0);
  there.giveUp();
  await new Promise((resolve) => void setImmediate(resolve));
  expect([transport.receive(datagram), transport.receive(datagram)]).toEqual([-105, -11]);
});
