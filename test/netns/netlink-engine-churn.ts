// Runs in a worker thread: adds and removes an address without end, so that no listing sees a table at
// rest; its parent terminates it.
import { parentPort, workerData } from 'node:worker_threads';
import { openNetlink } from '@truetuple/netlink';

const { fd, linkIndex } = workerData as { fd: number; linkIndex: number };
const { sync } = await openNetlink({ netns: fd });
const address = { linkIndex, address: '10.99.0.1/32' };
sync.addresses.add(address);
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a MessagePort has none
parentPort?.postMessage('churning');
for (;;) {
  sync.addresses.remove(address);
  sync.addresses.add(address);
}
