// Runs in a worker thread: opens and closes what uses file descriptors, tells which and what Node
// warned of, and waits to be terminated.
import { parentPort } from 'node:worker_threads';
import { openNetworkNamespace } from '@truetuple/netlink';

const warnings: string[] = [];
process.on('warning', ({ message }) => warnings.push(message));

const netns = openNetworkNamespace('/proc/self/ns/net');
const { fd } = netns;
netns.readFile('/proc/net/dev');
netns.close();
// Warnings are told a turn of the loop later.
await new Promise((resolve) => void setImmediate(resolve));
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has none
parentPort?.postMessage({ fd, warnings });
setInterval(() => undefined, 60_000);
