import type { Socket } from 'node:dgram';
import {
  createNetworkNamespace,
  openNetlink,
  type Link,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';

/** A namespace with a netlink connection into it. */
export interface Place {
  readonly netns: NetworkNamespace;
  readonly netlink: Netlink;
}

/**
 * A node whose ENI `eth1` is one end of a veth, the other being the `wire`; two pods with an eth0
 * towards a namespace `primary`, and room for an ipvlan net1 over eth1.
 */
export interface IpvlanWorld {
  readonly node: Place;
  readonly wire: Place;
  readonly primary: Place;
  readonly pods: readonly [Place, Place];
  /** The ENI as the node sees it. */
  readonly eni: Link;
  close(): void;
}

/** Opens the world for one run and closes it after. */
export async function inWorld(run: (world: IpvlanWorld) => Promise<void>): Promise<void> {
  const world = await openIpvlanWorld();
  try {
    await run(world);
  } finally {
    world.close();
  }
}

/** The address of `wire` and of `primary` alike: whoever receives a datagram tells which way it went. */
export const farAddress = '198.51.100.50';
export const wireGateway = '10.0.2.1';
const primaryGateways = ['10.0.1.1', '10.0.1.129'] as const;
const podEth0 = ['10.0.1.50/25', '10.0.1.150/25'] as const;

async function openIpvlanWorld(): Promise<IpvlanWorld> {
  const [node, wire, primary, first, second] = await Promise.all([
    openPlace(),
    openPlace(),
    openPlace(),
    openPlace(),
    openPlace(),
  ]);
  const pods = [first, second] as const;
  await node.netlink.links.add({
    kind: 'veth',
    name: 'eth1',
    peer: { name: 'eni', netns: wire.netns },
  });
  await node.netlink.links.set({ name: 'eth1' }, { up: true });
  await bringUp(wire, 'eni', `${wireGateway}/24`);
  await addLoopback(wire, farAddress);
  await addLoopback(primary, farAddress);
  for (const [index, pod] of pods.entries()) await connectPrimary(primary, pod, index);
  return {
    node,
    wire,
    primary,
    pods,
    eni: await requireLink(node, 'eth1'),
    close: () => [node, wire, primary, ...pods].forEach(closePlace),
  };
}

/** Gives a pod its net1: an ipvlan l2 slave of the ENI, made on the node straight into the pod. */
export async function addNet1(world: IpvlanWorld, pod: Place, address: string): Promise<Link> {
  await world.node.netlink.links.add({
    kind: 'ipvlan',
    name: 'net1',
    parentIndex: world.eni.index,
    mode: 'l2',
    netns: pod.netns,
  });
  await bringUp(pod, 'net1', address);
  return requireLink(pod, 'net1');
}

export async function requireLink(place: Place, name: string): Promise<Link> {
  const link = await place.netlink.links.get({ name });
  if (link === undefined) throw new Error(`There is no link ${name} in the namespace`);
  return link;
}

async function openPlace(): Promise<Place> {
  const netns = createNetworkNamespace();
  const netlink = await openNetlink({ netns });
  await netlink.links.set({ name: 'lo' }, { up: true });
  return { netns, netlink };
}

function closePlace(place: Place): void {
  place.netlink.close();
  place.netns.close();
}

async function bringUp(place: Place, name: string, address: string): Promise<void> {
  const { index } = await requireLink(place, name);
  await place.netlink.links.set({ index }, { up: true });
  await place.netlink.addresses.add({
    family: 'ipv4',
    linkIndex: index,
    address,
    scope: 'global',
  });
}

async function addLoopback(place: Place, address: string): Promise<void> {
  const { index } = await requireLink(place, 'lo');
  await place.netlink.addresses.add({
    family: 'ipv4',
    linkIndex: index,
    address: `${address}/32`,
    scope: 'global',
  });
}

async function connectPrimary(primary: Place, pod: Place, index: number): Promise<void> {
  const name = `pod${index}`;
  const gateway = primaryGateways[index] ?? '';
  await primary.netlink.links.add({
    kind: 'veth',
    name,
    peer: { name: 'eth0', netns: pod.netns },
  });
  await bringUp(primary, name, `${gateway}/25`);
  await bringUp(pod, 'eth0', podEth0[index] ?? '');
  await pod.netlink.routes.add({
    family: 'ipv4',
    type: 'unicast',
    destination: '0.0.0.0/0',
    gateway,
    table: 254,
    protocol: 3,
    scope: 'global',
  });
}

/** Sends to port 5060 and waits for the kernel's answer; rejects with its errno as `code`. */
export function sendTo(socket: Socket, text: string, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(text, 5060, address, (error) => (error === null ? resolve() : reject(error)));
  });
}
