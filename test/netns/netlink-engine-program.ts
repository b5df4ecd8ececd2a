// A program of its own: uses all of the engine once, of the package in the folder that its first
// argument names, and then ends as the second one says. `twice` uses the package in the third, too.
import { spawnSync } from 'node:child_process';
import type * as Package from '@truetuple/netlink';

const [folder = '', ending = 'return', other = folder] = process.argv.slice(2);

async function load(from: string): Promise<typeof Package> {
  return (await import(`file://${from}/src/index.ts`)) as typeof Package;
}

const { createNetworkNamespace, openNetlink, NetlinkError } = await load(folder);
const netns = createNetworkNamespace();
const netlink = await openNetlink({ netns });
const rule = (index: number): Package.NewRule => ({ priority: 1000 + index, table: 200 });

await netlink.links.add({ kind: 'veth', name: 'a', up: true, peer: { name: 'b', up: true } });
await Promise.all(Array.from({ length: 300 }, (_, index) => netlink.rules.add(rule(index))));
await netlink.batch((batch) => {
  for (let index = 0; index < 400; index++) batch.rules.remove(rule(index));
});
for (let index = 0; index < 300; index++) netlink.sync.rules.add(rule(index));
netlink.sync.batch((batch) => {
  for (let index = 0; index < 300; index++) batch.rules.remove(rule(index));
});
netlink.sync.links.get({ name: 'a'.repeat(15) });
await netlink.links.add({ kind: 'bridge', name: 'br0' });
await netlink.links.remove({ name: 'br0' });
const watched = new Promise<void>((resolve) => {
  netlink.watch(['rule'], () => {
    resolve();
  });
});
await netlink.rules.add(rule(0));
await watched;
for (let index = 0; index < 50; index++) {
  using short = await openNetlink({ netns });
  short.watch(['link'], () => undefined);
  await short.links.list();
  short.sync.links.list();
}
netns.readFile('/proc/net/route');

// A child gets none of the descriptors.
const { stdout } = spawnSync('ls', ['-l', '/proc/self/fd'], { encoding: 'utf8' });
const inherited = stdout
  .split('\n')
  .filter((line) => /\D(?:[3-9]|\d\d+) -> (?:socket|net):/.test(line));
if (inherited.length > 0) throw new Error(`a child got ${inherited.join(', ')}`);

switch (ending) {
  case 'return':
    netlink.close();
    netns.close();
    break;
  case 'exit':
    // A removal in the thread pool, a listing, requests not sent yet, a watch: none of it is waited for.
    void netlink.links.remove({ name: 'a' });
    await new Promise((resolve) => void setImmediate(resolve));
    void netlink.routes.list();
    for (let index = 0; index < 500; index++) void netlink.rules.add(rule(1000 + index));
    process.exit(0);
    break;
  case 'twice': {
    const second = await load(other);
    if (second.NetlinkError === NetlinkError) throw new Error('it is one copy');
    using again = await second.openNetlink({ netns: netns.fd });
    const [one, two] = await Promise.allSettled([
      netlink.rules.add(rule(0)),
      again.rules.add({ priority: 1000, table: 200 }),
    ]);
    for (const outcome of [one, two]) {
      if (outcome.status === 'fulfilled') throw new Error('the rule was not there');
      const isKnown = [NetlinkError, second.NetlinkError].every((kind) => kind.is(outcome.reason));
      if (!isKnown) throw new Error('the error of one copy is unknown to the other');
    }
    await Promise.all([
      netlink.rules.add(rule(1)),
      again.rules.add({ priority: 1002, table: 200 }),
    ]);
    netlink.close();
    netns.close();
    break;
  }
  case 'collect':
    netlink.close();
    netns.close();
    for (let index = 0; index < 20; index++) globalThis.gc?.();
    break;
  default:
    throw new Error(`there is no ending "${ending}"`);
}
process.stdout.write('done\n');
