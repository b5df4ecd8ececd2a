import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { udpIn } from '@truetuple/lab';
import type { Link, NetlinkEvent } from '@truetuple/netlink';
import {
  addNet1,
  inWorld,
  requireLink,
  sendTo,
  wireGateway,
  type IpvlanWorld,
  type Place,
} from './ipvlan-world.ts';
import type { GuestRow } from './row.ts';

const mainTable = { table: 254, family: 'ipv4' } as const;

/** What a pod on ipvlan l2 learns when its ENI goes away, in each of the ways in which it can. */
export const eniLossRows: readonly GuestRow[] = [
  {
    id: 'E1',
    title:
      'the ENI set down tells the pod nothing: no event of a loss, net1 stays up with all its routes',
    run: () =>
      inWorld(async (world) => {
        const { pod, net1 } = await podWithNet1(world);
        const before = await pod.netlink.routes.list(mainTable);
        const losses = await lossesDuring(pod, async () => {
          const wireEnd = await requireLink(world.wire, 'eni');
          // the kernel tells of carriers a little later: the other end's event says that it did so
          const told = firstEvent(
            world.wire,
            (event) => isAbout(event, wireEnd) && !event.link.lowerUp,
          );
          await world.node.netlink.links.set({ name: 'eth1' }, { up: false });
          await told;
        });
        assert.deepEqual(losses, []);
        const after = await requireLink(pod, 'net1');
        assert.deepEqual([after.up, after.lowerUp], [true, true]);
        assert.deepEqual(await pod.netlink.routes.list(mainTable), before);
        assert.equal((await pod.netlink.routes.lookup({ to: wireGateway })).linkIndex, net1.index);
      }),
  },
  {
    id: 'E2',
    title: 'a send over an ENI that is down succeeds as far as the pod can tell, and goes nowhere',
    run: () =>
      inWorld(async (world) => {
        const { pod } = await podWithNet1(world);
        await using wire = await udpIn(world.wire.netns, wireGateway, 5060);
        await using socket = await udpIn(pod.netns, '10.0.2.128', 0);
        const arrived: string[] = [];
        wire.on('message', (bytes) => arrived.push(String(bytes)));
        // the neighbour is known from here on: nothing waits for ARP
        await sendAndAwait(socket, 'before', wire);
        await world.node.netlink.links.set({ name: 'eth1' }, { up: false });
        await sendTo(socket, 'lost', wireGateway);
        await world.node.netlink.links.set({ name: 'eth1' }, { up: true });
        await sendAndAwait(socket, 'after', wire);
        assert.deepEqual(arrived, ['before', 'after']);
      }),
  },
  {
    id: 'E3',
    title: 'the ENI losing its carrier does make an event: net1 stays up, without a carrier',
    run: () =>
      inWorld(async (world) => {
        const { pod, net1 } = await podWithNet1(world);
        const lost = firstEvent(pod, (event) => isAbout(event, net1) && !event.link.lowerUp);
        await world.wire.netlink.links.set({ name: 'eni' }, { up: false });
        await lost;
        assert.equal((await requireLink(pod, 'net1')).up, true);
      }),
  },
  {
    id: 'E4',
    title: 'the ENI taken from the node takes net1 from the pod, with an event',
    run: () =>
      inWorld(async (world) => {
        const { pod, net1 } = await podWithNet1(world);
        const removed = firstEvent(
          pod,
          (event) => isAbout(event, net1) && event.change === 'removed',
        );
        await world.node.netlink.links.remove({ name: 'eth1' });
        await removed;
        assert.equal(await pod.netlink.links.get({ name: 'net1' }), undefined);
      }),
  },
];

async function podWithNet1(
  world: IpvlanWorld,
): Promise<{ readonly pod: Place; readonly net1: Link }> {
  const [pod] = world.pods;
  return { pod, net1: await addNet1(world, pod, '10.0.2.128/24') };
}

function isAbout(event: NetlinkEvent, link: Link): event is NetlinkEvent & { kind: 'link' } {
  return event.kind === 'link' && event.link.index === link.index;
}

/** Watches from now on; resolves with the first event that matches. */
async function firstEvent(
  pod: Place,
  matches: (event: NetlinkEvent) => boolean,
): Promise<NetlinkEvent> {
  const found = Promise.withResolvers<NetlinkEvent>();
  const watch = pod.netlink.watch(['link'], (event) => {
    if (matches(event)) found.resolve(event);
  });
  try {
    return await found.promise;
  } finally {
    watch.close();
  }
}

/**
 * The losses that a pod is told of while something happens. The end is an event that we make ourselves:
 * all that was told because of `action` was told before it. Late news of links that came up is left out.
 */
async function lossesDuring(pod: Place, action: () => Promise<void>): Promise<NetlinkEvent[]> {
  const marker = '192.0.2.77/32';
  const losses: NetlinkEvent[] = [];
  const marked = Promise.withResolvers<void>();
  const watch = pod.netlink.watch(['link', 'route', 'address'], (event) => {
    if (event.kind === 'address' && event.address.address === marker) marked.resolve();
    else if (isLoss(event)) losses.push(event);
  });
  try {
    await action();
    const { index } = await requireLink(pod, 'lo');
    await pod.netlink.addresses.add({
      family: 'ipv4',
      linkIndex: index,
      address: marker,
      scope: 'host',
    });
    await marked.promise;
    return losses;
  } finally {
    watch.close();
  }
}

function isLoss(event: NetlinkEvent): boolean {
  if (event.kind === 'overrun' || event.kind === 'failed' || event.change === 'removed')
    return true;
  return event.kind === 'link' && !(event.link.up && event.link.lowerUp);
}

async function sendAndAwait(socket: Socket, text: string, receiver: Socket): Promise<void> {
  const arrival = once(receiver, 'message');
  await sendTo(socket, text, wireGateway);
  await arrival;
}
