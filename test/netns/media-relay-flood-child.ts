// An embedded relay that has one call, of which leg A is at the tuple of its argument (JSON). Each
// line of its standard output is JSON: first the relay's thread and where A shall send, then every `realtime-budget`; for each line of its
// standard input, the relay's thread again. It closes when that input ends.
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { embeddedRelay, type Endpoint } from '@truetuple/sip-gateway';
import {
  connect,
  contractAddresses,
  contractPath,
  hosts,
  seenFrom,
} from '../../packages/sip-gateway/src/testing/media-relay-contract.ts';

const a = JSON.parse(process.argv[2] ?? '') as Endpoint;
const parts = { pathTo: contractPath, addresses: Object.values(contractAddresses) };
const relay = await embeddedRelay(parts);
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const thread = async (): Promise<object> => {
  const { nice, realtimePriority } = await relay.counts();
  return { nice, realtimePriority, ranMs: ranMs(), atMs: performance.now() };
};

/** User and system time of the relay's thread (proc_pid_stat(5), fields 14 and 15, in hundredths of a second). */
function ranMs(): number {
  const tasks = '/proc/self/task';
  const stats = readdirSync(tasks).map((id) => readFileSync(`${tasks}/${id}/stat`, 'utf8'));
  const own = stats.find((stat) => stat.includes('(media relay)')) ?? '';
  const fromThird = own.slice(own.lastIndexOf(')') + 2).split(' ');
  return 10 * (Number(fromThird[14 - 3]) + Number(fromThird[15 - 3]));
}

relay.onEvent((event) => {
  if (event.kind === 'realtime-budget') say(event);
});
const told = await connect(relay, a, { address: hosts.vpc, port: 9 });
say({ ...(await thread()), to: seenFrom('privateIp', told.a) });
for await (const _ of createInterface({ input: process.stdin })) say(await thread());
await relay.close();
