import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { machine } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createNetworkNamespace, openNetlink } from '@truetuple/netlink';
import { openConntrack } from '@truetuple/netlink/conntrack';
import { findSocketOwners, openSockDiag } from '@truetuple/netlink/sock-diag';
import { countOpenSockets } from '../../netns/netlink-open-sockets.ts';
import type { GuestRow } from './row.ts';

/** What the addon does by itself and with Node's help, on a processor that no test machine has. */
export const addonRows: readonly GuestRow[] = [
  {
    id: 'A1',
    title: 'Node, its addon and the kernel are of arm64',
    run: async () => {
      assert.deepEqual([process.arch, machine()], ['arm64', 'aarch64']);
      using netns = createNetworkNamespace();
      await using netlink = await openNetlink({ netns });
      assert.deepEqual(
        netlink.sync.links.list().map(({ name }) => name),
        ['lo'],
      );
    },
  },
  {
    id: 'A2',
    title: 'a refusal has its code and the kernel’s own words, synchronously and not',
    run: async () => {
      using netns = createNetworkNamespace();
      await using netlink = await openNetlink({ netns });
      const route = { destination: '198.51.100.0/24', gateway: '192.0.2.1' };
      const told = { code: 'ENETUNREACH', kernelText: 'Nexthop has invalid gateway' };
      await assert.rejects(netlink.routes.add(route), told);
      assert.throws(() => {
        netlink.sync.routes.add(route);
      }, told);
    },
  },
  {
    id: 'A3',
    title: 'a thousand requests at once go through the thread pool, each with its outcome',
    run: async () => {
      using netns = createNetworkNamespace();
      await using netlink = await openNetlink({ netns });
      const priorities = Array.from({ length: 1000 }, (_, index) => 1 + (index % 999));
      const ended = await Promise.allSettled(
        priorities.map((priority) => netlink.rules.add({ priority, table: 200 })),
      );
      const refused = ended.filter(({ status }) => status === 'rejected');
      assert.equal(refused.length, 1); // one is the same as another
      assert.equal((await netlink.rules.list({ family: 'ipv4' })).length, 999 + 3);
    },
  },
  {
    id: 'A4',
    title: 'the event loop tells what changes',
    run: async () => {
      using netns = createNetworkNamespace();
      await using netlink = await openNetlink({ netns });
      const told = Promise.withResolvers<string>();
      netlink.watch(['rule'], ({ kind }) => {
        told.resolve(kind);
      });
      await netlink.rules.add({ priority: 100, table: 200 });
      assert.equal(await told.promise, 'rule');
    },
  },
  {
    id: 'A5',
    title: 'a worker thread does all of it, and leaves nothing when it is terminated',
    run: async () => {
      const before = await countOpenSockets();
      const worker = new Worker(new URL(import.meta.url));
      const [told] = (await once(worker, 'message')) as [unknown];
      assert.deepEqual(told, { rules: 101 + 3, event: 'rule' });
      await worker.terminate();
      assert.equal(await countOpenSockets(), before);
    },
  },
  {
    id: 'A6',
    title: 'flows are tracked, changed and deleted',
    run: async () => {
      using netns = createNetworkNamespace();
      await using conntrack = await openConntrack({ netns });
      const ends = { source: '198.51.100.50', destination: '203.0.113.50', protocol: 17 };
      const original = { ...ends, sourcePort: 5060, destinationPort: 5060 };
      await conntrack.flows.add({ original, timeoutSeconds: 120, mark: 7 });
      assert.equal((await conntrack.flows.get({ original }))?.mark, 7);
      assert.equal(await conntrack.flows.deleteWhere({ mark: 7 }), 1);
      assert.equal(await conntrack.flows.get({ original }), undefined);
    },
  },
  {
    id: 'A7',
    title: 'a socket is found by its port, with its owner',
    run: async () => {
      const socket = createSocket('udp4');
      await once(socket.bind(0, '127.0.0.1'), 'listening');
      await using diag = await openSockDiag();
      const localPort = socket.address().port;
      const [found] = await diag.sockets.list({ protocol: 'udp', family: 'ipv4', localPort });
      const inode = found?.inode ?? 0;
      const owners = await findSocketOwners([inode]);
      assert.deepEqual(
        owners.get(inode)?.map(({ pid }) => pid),
        [process.pid],
      );
      const gone = once(socket, 'close');
      socket.close();
      await gone;
    },
  },
];
