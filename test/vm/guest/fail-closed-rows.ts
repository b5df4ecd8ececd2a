import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:dgram';
import { linuxKernel, truetupleProtocol, type Cidr, type Ipv4Address } from '@truetuple/core';
import { udpIn } from '@truetuple/lab';
import { convergeLink } from '../../../packages/core/src/kernel/converge-link.ts';
import type { WantedLink } from '../../../packages/core/src/kernel/wanted-link.ts';
import {
  addNet1,
  farAddress,
  inWorld,
  sendTo,
  wireGateway,
  type IpvlanWorld,
  type Place,
} from './ipvlan-world.ts';
import type { GuestRow } from './row.ts';

const privateIp = '10.0.2.128' as Ipv4Address;
const publicIp = '203.0.113.50' as Ipv4Address;
const table = 200;

const wanted: WantedLink = {
  table,
  gateway: wireGateway as Ipv4Address,
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
  identities: [{ privateIp, publicIp }],
  releasing: [],
};

/** What bound sockets do when net1 goes away, on ipvlan l2, with the kernel state of core's own plan. */
export const failClosedRows: readonly GuestRow[] = [
  {
    id: 'C1',
    title: 'net1 down: a bound socket is refused, and nothing of it leaves by eth0',
    run: () =>
      inWorld(async (world) => {
        const pod = await preparedPod(world);
        await using socket = await udpIn(pod.netns, privateIp, 0);
        await assertArrives(world.wire, socket, 'before');
        await pod.netlink.links.set({ name: 'net1' }, { up: false });
        await assertRefused(world.primary, socket, 'EHOSTUNREACH');
      }),
  },
  {
    id: 'C2',
    title: 'control: without the fail-closed route the same datagram does leave by eth0',
    run: () =>
      inWorld(async (world) => {
        const pod = await preparedPod(world);
        await using socket = await udpIn(pod.netns, privateIp, 0);
        await pod.netlink.routes.remove({
          family: 'ipv4',
          type: 'unreachable',
          destination: '0.0.0.0/0',
          table,
          metric: 0xffff_ffff,
          protocol: truetupleProtocol,
          scope: 'global',
        });
        await pod.netlink.links.set({ name: 'net1' }, { up: false });
        await assertArrives(world.primary, socket, 'leaked');
      }),
  },
  {
    id: 'C3',
    title: 'net1 removed: a socket bound to the public address is refused too',
    run: () =>
      inWorld(async (world) => {
        const pod = await preparedPod(world);
        await using socket = await udpIn(pod.netns, publicIp, 0);
        await assertArrives(world.wire, socket, 'before');
        await pod.netlink.links.remove({ name: 'net1' });
        // the address went with the link: the kernel refuses before it looks at any table
        await assertRefused(world.primary, socket, 'ENETUNREACH');
      }),
  },
  {
    id: 'C4',
    title: 'net1 down and up again: converging once more brings the tuple back',
    run: () =>
      inWorld(async (world) => {
        const pod = await preparedPod(world);
        await using socket = await udpIn(pod.netns, privateIp, 5060);
        await pod.netlink.links.set({ name: 'net1' }, { up: false });
        await pod.netlink.links.set({ name: 'net1' }, { up: true });
        await assertRefused(world.primary, socket, 'EHOSTUNREACH');
        await prepareKernel(pod);
        const from = await assertArrives(world.wire, socket, 'back');
        assert.equal(from, `${privateIp}:5060`);
      }),
  },
  {
    id: 'C5',
    title: 'a public address that another pod of the ENI holds: AddressHeldOnNode',
    run: () =>
      inWorld(async (world) => {
        await preparedPod(world);
        await addNet1(world, world.pods[1], '10.0.2.129/24');
        const other = { privateIp: '10.0.2.129' as Ipv4Address, publicIp };
        await assert.rejects(prepareKernel(world.pods[1], { ...wanted, identities: [other] }), {
          code: 'AddressHeldOnNode',
        });
      }),
  },
];

async function preparedPod(world: IpvlanWorld): Promise<Place> {
  const [pod] = world.pods;
  await addNet1(world, pod, `${privateIp}/24`);
  // the wire answers the public address as the VPC's route for it does
  await world.wire.netlink.routes.add({
    family: 'ipv4',
    type: 'unicast',
    destination: `${publicIp}/32`,
    gateway: privateIp,
    table: 254,
    protocol: 4,
    scope: 'global',
  });
  await prepareKernel(pod);
  return pod;
}

async function prepareKernel(pod: Place, link: WantedLink = wanted): Promise<void> {
  const kernel = await linuxKernel({ netns: pod.netns.path });
  try {
    await convergeLink({
      kernel,
      linkName: 'net1',
      wanted: link,
      report: {
        kernel: (_step, carryOut) => carryOut(),
        cloud: () => {},
        publish: (_, run) => run(),
      },
    });
  } finally {
    kernel.close();
  }
}

/** Resolves with the source tuple that the far side sees. */
async function assertArrives(far: Place, socket: Socket, text: string): Promise<string> {
  await using receiver = await udpIn(far.netns, farAddress, 5060);
  const arrival = once(receiver, 'message') as Promise<[Buffer, { address: string; port: number }]>;
  await sendTo(socket, text, farAddress);
  const [bytes, from] = await arrival;
  assert.equal(String(bytes), text);
  return `${from.address}:${from.port}`;
}

/** The send is refused, and a marker sent by another way afterwards is all that arrives at the far side. */
async function assertRefused(far: Place, socket: Socket, code: string): Promise<void> {
  await using receiver = await udpIn(far.netns, farAddress, 5060);
  const arrived: string[] = [];
  receiver.on('message', (bytes: Buffer) => arrived.push(String(bytes)));
  await assert.rejects(sendTo(socket, 'must not leave', farAddress), { code });
  await using sender = await udpIn(far.netns, farAddress, 0);
  const marker = once(receiver, 'message');
  await sendTo(sender, 'marker', farAddress);
  await marker;
  assert.deepEqual(arrived, ['marker']);
}
