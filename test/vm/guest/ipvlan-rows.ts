import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { udpIn } from '@truetuple/lab';
import { NetlinkError, openNetlink, type NetlinkEvent } from '@truetuple/netlink';
import { addNet1, inWorld, requireLink, sendTo, wireGateway, type Place } from './ipvlan-world.ts';
import type { GuestRow } from './row.ts';

const firstAddress = '10.0.2.128/24';
const secondAddress = '10.0.2.129/24';
const publicIp = '203.0.113.50';

/** What ipvlan l2 and dummy do, asked for through @truetuple/netlink. */
export const ipvlanRows: readonly GuestRow[] = [
  {
    id: 'K1',
    title: 'a dummy link is made, told by its kind, and removed',
    run: async () => {
      await using netlink = await openNetlink();
      await netlink.links.add({ kind: 'dummy', name: 'dummy7' });
      assert.equal((await netlink.links.get({ name: 'dummy7' }))?.kind, 'dummy');
      await netlink.links.remove({ name: 'dummy7' });
      assert.equal(await netlink.links.get({ name: 'dummy7' }), undefined);
      await assert.rejects(netlink.links.remove({ name: 'dummy7' }), isCode('ENODEV'));
    },
  },
  {
    id: 'K2',
    title: 'an ipvlan l2 link made straight into a pod shares the MAC address of its ENI',
    run: () =>
      inWorld(async (world) => {
        const net1 = await addNet1(world, world.pods[0], firstAddress);
        assert.equal(net1.kind, 'ipvlan');
        assert.equal(net1.macAddress, world.eni.macAddress);
        assert.equal(net1.parentIndex, world.eni.index);
        assert.equal(await world.node.netlink.links.get({ name: 'net1' }), undefined);
      }),
  },
  {
    id: 'K3',
    title: 'two pods on one ENI: each gets what is sent to its own address',
    run: () =>
      inWorld(async (world) => {
        await addNet1(world, world.pods[0], firstAddress);
        await addNet1(world, world.pods[1], secondAddress);
        await using wire = await udpIn(world.wire.netns, wireGateway, 0);
        await using first = await udpIn(world.pods[0].netns, '10.0.2.128', 5060);
        await using second = await udpIn(world.pods[1].netns, '10.0.2.129', 5060);
        const arrivals = Promise.all([once(first, 'message'), once(second, 'message')]);
        wire.send('for the first', 5060, '10.0.2.128');
        wire.send('for the second', 5060, '10.0.2.129');
        const texts = (await arrivals).map(([bytes]) => String(bytes));
        assert.deepEqual(texts, ['for the first', 'for the second']);
      }),
  },
  {
    id: 'K4',
    title: 'an address that one pod holds is refused to a second pod of the ENI (EADDRINUSE)',
    run: () =>
      inWorld(async (world) => {
        const held = await addNet1(world, world.pods[0], firstAddress);
        const other = await addNet1(world, world.pods[1], secondAddress);
        await addPublicIp(world.pods[0], held.index);
        await assert.rejects(addPublicIp(world.pods[1], other.index), isCode('EADDRINUSE'));
        await world.pods[0].netlink.links.set({ index: held.index }, { up: false });
        await assert.rejects(addPublicIp(world.pods[1], other.index), isCode('EADDRINUSE'));
        await world.pods[0].netlink.addresses.remove({
          linkIndex: held.index,
          address: `${publicIp}/32`,
        });
        await addPublicIp(world.pods[1], other.index);
      }),
  },
  {
    id: 'K5',
    title: 'the ENI going down makes no event in the pod: net1 stays up with all its routes',
    run: () =>
      inWorld(async (world) => {
        const [pod] = world.pods;
        const net1 = await addNet1(world, pod, firstAddress);
        const before = await pod.netlink.routes.list({ table: 254, family: 'ipv4' });
        const events = await eventsDuring(pod, () =>
          world.node.netlink.links.set({ name: 'eth1' }, { up: false }),
        );
        assert.deepEqual(events, []);
        const after = await requireLink(pod, 'net1');
        assert.deepEqual([after.up, after.lowerUp], [true, true]);
        assert.deepEqual(await pod.netlink.routes.list({ table: 254, family: 'ipv4' }), before);
        assert.equal((await pod.netlink.routes.lookup({ to: wireGateway })).linkIndex, net1.index);
      }),
  },
  {
    id: 'K6',
    title: 'a send over an ENI that is down succeeds as far as the pod can tell, and goes nowhere',
    run: () =>
      inWorld(async (world) => {
        const [pod] = world.pods;
        await addNet1(world, pod, firstAddress);
        await using wire = await udpIn(world.wire.netns, wireGateway, 5060);
        await using socket = await udpIn(pod.netns, '10.0.2.128', 0);
        const arrived: string[] = [];
        wire.on('message', (bytes) => arrived.push(String(bytes)));
        await sendAndAwait(socket, 'before', wire);
        await world.node.netlink.links.set({ name: 'eth1' }, { up: false });
        await sendTo(socket, 'lost', wireGateway);
        await world.node.netlink.links.set({ name: 'eth1' }, { up: true });
        await sendAndAwait(socket, 'after', wire);
        assert.deepEqual(arrived, ['before', 'after']);
      }),
  },
];

async function sendAndAwait(socket: Socket, text: string, receiver: Socket): Promise<void> {
  const arrival = once(receiver, 'message');
  await sendTo(socket, text, wireGateway);
  await arrival;
}

function isCode(code: string): (error: unknown) => boolean {
  return (error) => NetlinkError.is(error) && error.code === code;
}

function addPublicIp(pod: Place, linkIndex: number): Promise<void> {
  return pod.netlink.addresses.add({
    family: 'ipv4',
    linkIndex,
    address: `${publicIp}/32`,
    scope: 'link',
  });
}

/**
 * What a pod is told while something happens. The end is an event that we make ourselves: what was
 * told before it was told because of `action`.
 */
async function eventsDuring(pod: Place, action: () => Promise<void>): Promise<NetlinkEvent[]> {
  const markerAddress = '192.0.2.77';
  const events: NetlinkEvent[] = [];
  const marked = Promise.withResolvers<void>();
  const watch = pod.netlink.watch(['link', 'route', 'address'], (event) => {
    if (JSON.stringify(event).includes(markerAddress)) marked.resolve();
    else events.push(event);
  });
  try {
    await action();
    const { index } = await requireLink(pod, 'lo');
    await pod.netlink.addresses.add({
      family: 'ipv4',
      linkIndex: index,
      address: `${markerAddress}/32`,
      scope: 'host',
    });
    await marked.promise;
    return events;
  } finally {
    watch.close();
  }
}
