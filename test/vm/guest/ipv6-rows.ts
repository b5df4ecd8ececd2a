import assert from 'node:assert/strict';
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import { ensurePublicIdentity, linuxKernel, type HeldIdentity } from '@truetuple/core';
import { simulatedNode, type SimulatedEc2 } from '@truetuple/core/testing';
import { udpIn } from '@truetuple/lab';
import type { Address } from '@truetuple/netlink';
import { dualStackEc2, dualStackSpec } from '../../netns/dual-stack-world.ts';
import {
  addNet1,
  inWorld,
  requireLink,
  sendTo,
  type IpvlanWorld,
  type Place,
} from './ipvlan-world.ts';
import type { GuestRow } from './row.ts';

const gatewayIpv6 = 'fe80::1';
const peer = '2001:db8:ffff::50';
const nodad = { noDuplicateDetection: true };
const addresses = ['2001:db8:0:202::50', '2001:db8:0:202::51'] as const;

interface DualPod {
  readonly place: Place;
  readonly held: HeldIdentity;
  readonly address: string;
  /** Ensures once more, as a keep would put back what is lost. */
  readonly again: () => Promise<HeldIdentity>;
}

/** IPv6 of a dual-stack identity on ipvlan l2, as Multus makes net1. */
export const ipv6Rows: readonly GuestRow[] = [
  {
    id: 'V1',
    title:
      'the IPv6 addresses of two pods on one ENI stand at once, past duplicate detection, and are seen as advertised',
    run: () =>
      inDualStack(async (world, pods) => {
        for (const pod of pods) {
          const { tentative = false, noDuplicateDetection } = await requireAddress(pod);
          assert.deepEqual([tentative, noDuplicateDetection], [false, true]);
          await using near = await udpIn(pod.place.netns, pod.address, 5060);
          await using far = await udpIn(world.wire.netns, peer, 5060);
          assert.equal(await seenBy(far, near, peer), `${pod.address} 5060`);
          assert.equal(await seenBy(near, far, pod.address), `${peer} 5060`);
        }
      }),
  },
  {
    id: 'V2',
    title: 'the gateway that net1 knows by IPv6 is the wire, by the MAC address of its end',
    run: () =>
      inDualStack(async (world, [pod]) => {
        await using near = await udpIn(pod.place.netns, pod.address, 5060);
        await using far = await udpIn(world.wire.netns, peer, 5060);
        await seenBy(far, near, peer);
        const { index } = await requireLink(pod.place, 'net1');
        const known = await pod.place.netlink.neighbours.list({ linkIndex: index, family: 'ipv6' });
        const entry = known.find(({ address }) => address === gatewayIpv6);
        assert.equal(entry?.macAddress, (await requireLink(world.wire, 'eni')).macAddress);
      }),
  },
  {
    id: 'V3',
    title:
      'net1 down: the IPv6 address stays (keep_addr_on_down), nothing leaves by eth0; up and ensured again, the bound socket goes on',
    run: () =>
      inDualStack(async (world, [pod]) => {
        const { netns, netlink } = pod.place;
        assert.equal(netns.readFile('/proc/sys/net/ipv6/conf/net1/keep_addr_on_down').trim(), '1');
        await using near = await udpIn(netns, pod.address, 5060);
        await using far = await udpIn(world.wire.netns, peer, 5060);
        await netlink.links.set({ name: 'net1' }, { up: false });
        await assert.rejects(sendTo(near, 'down', peer), { code: 'EHOSTUNREACH' });
        await netlink.links.set({ name: 'net1' }, { up: true });
        await requireAddress(pod);
        await assert.rejects(sendTo(near, 'no route yet', peer), { code: 'EHOSTUNREACH' });
        await pod.again();
        assert.equal(await seenBy(far, near, peer), `${pod.address} 5060`);
      }),
  },
  {
    id: 'V4',
    title:
      'released: the IPv6 address is off net1, rule and closed table stay, and the other pod of the ENI is whole',
    run: () =>
      inDualStack(async (world, [pod, other]) => {
        await using near = await udpIn(pod.place.netns, pod.address, 5060);
        await pod.held.release();
        await assert.rejects(sendTo(near, 'released', peer), { code: 'EHOSTUNREACH' });
        const { netlink } = pod.place;
        const left = await netlink.addresses.list({ family: 'ipv6' });
        assert.equal(
          left.some(({ address }) => address === `${pod.address}/128`),
          false,
        );
        const routes = await netlink.routes.list({ table: 200, family: 'ipv6' });
        assert.deepEqual(
          routes.map(({ type }) => type),
          ['unreachable'],
        );
        const rules = await netlink.rules.list({ family: 'ipv6' });
        assert.ok(rules.some(({ from }) => from === `${pod.address}/128`));
        await using theirs = await udpIn(other.place.netns, other.address, 5060);
        await using far = await udpIn(world.wire.netns, peer, 5060);
        assert.equal(await seenBy(far, theirs, peer), `${other.address} 5060`);
      }),
  },
  {
    id: 'V5',
    title:
      'an IPv6 address that one pod has is refused to a second pod of the ENI (EADDRINUSE), until it is off the first one',
    run: () =>
      inDualStack(async (_world, [pod, other]) => {
        const { index } = await requireLink(other.place, 'net1');
        const taken = { address: `${pod.address}/128`, ...nodad };
        const take = (): Promise<void> =>
          other.place.netlink.addresses.add({ family: 'ipv6', linkIndex: index, ...taken });
        await assert.rejects(take(), { code: 'EADDRINUSE' });
        await pod.held.release();
        await take();
      }),
  },
];

/** The world with its IPv6 side, and in each pod a net1 that holds an identity of both families. */
async function inDualStack(
  run: (world: IpvlanWorld, pods: readonly [DualPod, DualPod]) => Promise<void>,
): Promise<void> {
  await inWorld(async (world) => {
    await addIpv6(world);
    const ec2 = dualStackEc2(world.eni.macAddress, 2);
    const first = await hold(world, ec2, 0);
    const second = await hold(world, ec2, 1);
    await run(world, [first, second]);
  });
}

/** The wire routes the pods' subnet and answers for the Internet; eth0 has a way out that nothing may take. */
async function addIpv6({ wire, primary, pods }: IpvlanWorld): Promise<void> {
  const router = await requireLink(wire, 'eni');
  const lo = await requireLink(wire, 'lo');
  await wire.netlink.addresses.add({
    linkIndex: router.index,
    address: `${gatewayIpv6}/64`,
    ...nodad,
  });
  await wire.netlink.addresses.add({ linkIndex: lo.index, address: `${peer}/128`, ...nodad });
  await wire.netlink.routes.add({ destination: '2001:db8:0:202::/64', linkIndex: router.index });
  for (const [index, pod] of pods.entries()) {
    const eth0 = await requireLink(pod, 'eth0');
    const { macAddress } = await requireLink(primary, `pod${index}`);
    if (macAddress === undefined) throw new Error('the far end of eth0 has no MAC address');
    const own = `2001:db8:0:201::5${index}/128`;
    await pod.netlink.addresses.add({ linkIndex: eth0.index, address: own, ...nodad });
    await pod.netlink.neighbours.replace({ linkIndex: eth0.index, address: 'fe80::2', macAddress });
    await pod.netlink.routes.add({
      destination: '::/0',
      gateway: 'fe80::2',
      linkIndex: eth0.index,
    });
  }
}

async function hold(world: IpvlanWorld, ec2: SimulatedEc2, index: 0 | 1): Promise<DualPod> {
  const place = world.pods[index];
  const address = addresses[index];
  await addNet1(world, place, `10.0.2.${128 + index}/24`);
  const node = simulatedNode({ ec2, kernel: await linuxKernel({ netns: place.netns }) });
  const again = (): Promise<HeldIdentity> =>
    ensurePublicIdentity(dualStackSpec(address, index), { node });
  return { place, address, again, held: await again() };
}

async function requireAddress({ place, address }: DualPod): Promise<Address> {
  const all = await place.netlink.addresses.list({ family: 'ipv6' });
  const found = all.find((one) => one.address === `${address}/128`);
  assert.ok(found, `${address} is on net1`);
  return found;
}

/** Sends, and answers what the far side saw of the sender. */
async function seenBy(far: Socket, near: Socket, to: string): Promise<string> {
  const arrived = once(far, 'message') as Promise<[Buffer, { address: string; port: number }]>;
  await sendTo(near, 'hello', to);
  const [, from] = await arrived;
  return `${from.address} ${from.port}`;
}
