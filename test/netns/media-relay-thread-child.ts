// Opens an embedded relay with the options of its argument (JSON), and prints what the relay says of its thread and what the kernel says of
// every thread of this process: nice, rt_priority and policy (proc_pid_stat(5), fields 19, 40 and 41).
import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { embeddedRelay, type EmbeddedRelayOptions } from '@truetuple/sip-gateway';

const parts = {
  pathTo: (): never => {
    throw new Error('there are no peers');
  },
  addresses: [],
};
const [, , options = '{}'] = process.argv;
const relay = await embeddedRelay(parts, JSON.parse(options) as EmbeddedRelayOptions);
const { nice, realtimePriority } = await relay.counts();
const threads = readdirSync('/proc/self/task').map((id) => {
  const stat = readFileSync(`/proc/self/task/${id}/stat`, 'utf8');
  const fromThird = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fromThird[number - 3]);
  return { nice: field(19), priority: field(40), policy: field(41) };
});
process.stdout.write(JSON.stringify({ nice, realtimePriority, here: getPriority(), threads }));
await relay.close();
