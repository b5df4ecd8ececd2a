// A program of its own: what happens when a listener throws, and that a netlink left open does
// not keep it alive.
import {
  createNetworkNamespace,
  encodeInetAddress,
  openNetlink,
  openSocket,
} from '@truetuple/netlink';

using netns = createNetworkNamespace();
const netlink = await openNetlink({ netns });
await netlink.links.set({ name: 'lo' }, { up: true });
const socket = openSocket({ domain: 'inet', type: 'datagram', netns });
socket.bind(encodeInetAddress('127.0.0.1', 0));
process.once('uncaughtException', (error) => {
  process.stdout.write(`caught: ${error.message}\nexits by itself\n`);
  socket.close();
});
socket.onReadable(() => {
  throw new Error('from the listener');
});
socket.sendTo(Buffer.from('x'), socket.localAddress());
