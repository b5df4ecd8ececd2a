// The npm package netlink, from the folder named by the argument: each request awaited, or a hundred.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { answerCommands } from './answer-commands.ts';
import { firstPriority, protocol, table } from './values.ts';

type Verb = (data: object, attributes: object, options: object) => Promise<readonly unknown[]>;
interface NpmNetlink {
  readonly createRtNetlink: (
    options: object,
  ) => Readonly<Record<'newRule' | 'delRule' | 'newRoute' | 'delRoute' | 'getRoutes', Verb>>;
}

const [folder = '', mode] = process.argv.slice(2);
const { createRtNetlink } = createRequire(join(folder, 'package.json'))('netlink') as NpmNetlink;
const socket = createRtNetlink({ ref: false });
const adding = { flags: 0x600 }; // NLM_F_CREATE, NLM_F_EXCL

const rule = (verb: 'newRule' | 'delRule', index: number): Promise<unknown> =>
  socket[verb](
    { family: 2, srcLen: 32, table, action: 1 },
    {
      src: Buffer.from([10, 9, index >> 8, index & 255]),
      priority: firstPriority + index,
      table,
      protocol,
    },
    verb === 'newRule' ? adding : {},
  );
const route = (verb: 'newRoute' | 'delRoute', index: number, oif: number): Promise<unknown> =>
  socket[verb](
    { family: 2, dstLen: 32, table, protocol, scope: 'LINK', type: 'UNICAST' },
    { dst: Buffer.from([10, 8, index >> 8, index & 255]), table, oif },
    verb === 'newRoute' ? adding : {},
  );

/** How many are under way: an overrun of the receive buffer, which holds 256 answers, aborts the process. */
const together = mode === 'by the hundred' ? 100 : 1;

async function all(count: number, one: (index: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += together) {
    const length = Math.min(together, count - first);
    await Promise.all(Array.from({ length }, (_, index) => one(first + index)));
  }
}

await answerCommands({
  parts: (linkIndex, count) => [
    () => all(count, (index) => rule('newRule', index)),
    () => all(count, (index) => rule('delRule', index)),
    () => all(count, (index) => route('newRoute', index, linkIndex)),
    () => all(count, (index) => route('delRoute', index, linkIndex)),
  ],
  list: async () => (await socket.getRoutes({ family: 2 }, { table }, {})).length,
});
