// Opens a box, wires each of its hosts to the namespace given as the argument, says so, and waits to be killed.
import { openBox, type BoxHostName } from '@truetuple/lab';
import { openNetlink } from '@truetuple/netlink';

const [, , outsidePath = ''] = process.argv;
const box = await openBox();
const outside = await openNetlink({ netns: outsidePath });
const hosts = Object.keys(box.namespaces) as BoxHostName[];
for (const host of hosts) {
  const peer = { name: 'probe', netns: box.namespaces[host] };
  await outside.links.add({ kind: 'veth', name: `to-${host}`, peer });
}
process.stdout.write(`${JSON.stringify(hosts.map((host) => `to-${host}`))}\n`);
setInterval(() => {}, 60_000);
