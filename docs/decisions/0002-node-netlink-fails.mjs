// Adds 100 routing rules at once through node-netlink and counts what it reports against what the
// kernel did. For decision 0002; `npm run why-not-node-netlink` installs node-netlink and runs it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import netlink from 'node-netlink';

const count = 100;
const links = readFileSync('/proc/net/dev', 'utf8').match(/^ *\S+:/gm) ?? [];
if (links.length !== 1) throw new Error('run this in an empty network namespace: unshare --net');

const RTM_NEWRULE = 32n;
const NLM_F_CREATE_EXCL = 0x600n;
const { NLM_F_REQUEST, NLM_F_ACK } = netlink;
const connection = await netlink.open({ family: 0 });
const started = performance.now();
const results = await Promise.allSettled(
  Array.from({ length: count }, (_, index) =>
    connection.talk({
      header: {
        nlmsg_type: RTM_NEWRULE,
        nlmsg_flags: NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE_EXCL,
      },
      payload: ruleToTable(200, 1000 + index),
    }),
  ),
);
const seconds = (performance.now() - started) / 1000;
await connection.close();

const fulfilled = results.filter(({ status }) => status === 'fulfilled').length;
const reasons = new Set(results.flatMap(({ reason }) => (reason ? [reason.message] : [])));
const inKernel = execFileSync('ip', ['rule', 'list', 'lookup', '200'], { encoding: 'utf8' });
console.log(`asked for:            ${count} rules`);
console.log(`in the kernel:        ${inKernel.trim().split('\n').length}`);
console.log(`promises fulfilled:   ${fulfilled}`);
console.log(`promises rejected:    ${count - fulfilled} (${[...reasons].join(', ')})`);
console.log(`after:                ${seconds.toFixed(1)} s`);

/** struct fib_rule_hdr (AF_INET, action to table), then FRA_PRIORITY. */
function ruleToTable(table, priority) {
  const bytes = Buffer.alloc(20);
  bytes.writeUInt8(2, 0);
  bytes.writeUInt8(table, 4);
  bytes.writeUInt8(1, 7);
  bytes.writeUInt16LE(8, 12);
  bytes.writeUInt16LE(6, 14);
  bytes.writeUInt32LE(priority, 16);
  return bytes;
}
