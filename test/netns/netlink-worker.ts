// Runs in a worker thread: opens everything, tells its parent, and waits to be terminated.
import { parentPort } from 'node:worker_threads';
import { createNetworkNamespace, openNetlink, openSocket } from '@truetuple/netlink';

const netns = createNetworkNamespace();
const netlink = await openNetlink({ netns });
const socket = openSocket({ domain: 'inet', type: 'datagram', netns });
socket.onReadable(() => undefined);
const event = new Promise<string>((resolve) => {
  netlink.watch(['rule'], ({ kind }) => {
    resolve(kind);
  });
});
await Promise.all(
  Array.from({ length: 101 }, (_, index) =>
    netlink.rules.add({ priority: 10 + index, table: 200 }),
  ),
);
const rules = await netlink.rules.list({ family: 'ipv4' });
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has none
parentPort?.postMessage({ rules: rules.length, event: await event });
