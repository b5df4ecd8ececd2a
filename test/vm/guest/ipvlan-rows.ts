import assert from 'node:assert/strict';
import { once } from 'node:events';
import { udpIn } from '@truetuple/lab';
import { NetlinkError, openNetlink } from '@truetuple/netlink';
import { addNet1, inWorld, wireGateway, type Place } from './ipvlan-world.ts';
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
      assert.equal(await netlink.links.remove({ name: 'dummy7' }), 'absent');
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
];

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
