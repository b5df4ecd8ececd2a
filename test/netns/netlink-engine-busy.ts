// Runs in a worker thread: keeps the engine busy in every way, tells its parent, and is terminated.
import { parentPort } from 'node:worker_threads';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';

const netns = createNetworkNamespace();
const netlink = await openNetlink({ netns });
const other = await openNetlink({ netns });
netlink.watch(['link', 'rule'], () => undefined);
netlink.sync.rules.add({ priority: 1, table: 200 });

async function makeAndRemoveLinks(): Promise<never> {
  for (;;) {
    await netlink.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
    await netlink.links.remove({ name: 'a' });
  }
}

async function addAndRemoveRules(): Promise<never> {
  const rules = Array.from({ length: 500 }, (_, index) => ({ priority: 100 + index, table: 200 }));
  for (;;) {
    await Promise.all(rules.map((rule) => other.rules.add(rule)));
    await other.batch((batch) => {
      for (const rule of rules) batch.rules.remove(rule);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has none
    parentPort?.postMessage('busy');
  }
}

await Promise.all([makeAndRemoveLinks(), addAndRemoveRules()]);
