// The npm package node-netlink, from the folder named by the argument. It has no codec: the messages are
// written here, and a listing is counted, not read. One request at a time: it fails with more.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { answerCommands } from './answer-commands.ts';
import { firstPriority, protocol, table } from './values.ts';

interface Answer {
  readonly errorCode: number;
  readonly packets: readonly { readonly header: { readonly nlmsg_type: bigint } }[];
}
interface NodeNetlink {
  open(options: object): Promise<{
    tryTalk(packet: object, options: object): Promise<Answer>;
    close(): Promise<void>;
  }>;
}

const [folder = ''] = process.argv.slice(2);
const entry = createRequire(join(folder, 'package.json')).resolve('node-netlink');
const { default: nodeNetlink } = (await import(pathToFileURL(entry).href)) as {
  readonly default: NodeNetlink;
};
const socket = await nodeNetlink.open({ family: 0 });
const [requestWithAck, adding, dump] = [0x5n, 0x600n, 0x300n];
const type = { newRoute: 24n, delRoute: 25n, getRoute: 26n, newRule: 32n, delRule: 33n };

async function talk(nlmsg_type: bigint, flags: bigint, payload: Buffer): Promise<Answer> {
  const packet = { header: { nlmsg_type, nlmsg_flags: requestWithAck | flags }, payload };
  const answer = await socket.tryTalk(packet, { timeout: 10_000 });
  if (answer.errorCode !== 0) throw new Error(`errno ${String(answer.errorCode)}`);
  return answer;
}

function attribute(number: number, ...bytes: readonly number[]): Buffer {
  const whole = Buffer.alloc((bytes.length + 7) & ~3);
  whole.writeUInt16LE(bytes.length + 4, 0);
  whole.writeUInt16LE(number, 2);
  whole.set(bytes, 4);
  return whole;
}

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const rule = (index: number): Buffer =>
  Buffer.concat([
    Buffer.from([2, 0, 32, 0, table, 0, 0, 1, 0, 0, 0, 0]),
    attribute(2, 10, 9, index >> 8, index & 255),
    attribute(6, ...u32(firstPriority + index)),
    attribute(15, ...u32(table)),
    attribute(21, protocol),
  ]);
const route = (index: number, linkIndex: number): Buffer =>
  Buffer.concat([
    Buffer.from([2, 32, 0, 0, table, protocol, 253, 1, 0, 0, 0, 0]),
    attribute(1, 10, 8, index >> 8, index & 255),
    attribute(15, ...u32(table)),
    attribute(4, ...u32(linkIndex)),
  ]);
const all = async (
  count: number,
  one: (index: number) => readonly [bigint, bigint, Buffer],
): Promise<void> => {
  for (let index = 0; index < count; index++) await talk(...one(index));
};

await answerCommands({
  parts: (linkIndex, count) => [
    () => all(count, (index) => [type.newRule, adding, rule(index)]),
    () => all(count, (index) => [type.delRule, 0n, rule(index)]),
    () => all(count, (index) => [type.newRoute, adding, route(index, linkIndex)]),
    () => all(count, (index) => [type.delRoute, 0n, route(index, linkIndex)]),
  ],
  list: async () => {
    const head = Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    const { packets } = await talk(
      type.getRoute,
      dump,
      Buffer.concat([head, attribute(15, ...u32(table))]),
    );
    return packets.filter(({ header }) => header.nlmsg_type === type.newRoute).length;
  },
});
await socket.close();
