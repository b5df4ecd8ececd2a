import {
  createNetworkNamespace,
  openNetlink,
  type Link,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';

/** Two anonymous namespaces joined by a veth: `net1` here, `far1` there, both up, no addresses. */
export interface NetlinkPair extends Disposable {
  readonly here: NetworkNamespace;
  readonly there: NetworkNamespace;
  readonly netlink: Netlink;
  readonly far: Netlink;
  readonly net1: Link;
}

export async function openPair(): Promise<NetlinkPair> {
  const stack = new DisposableStack();
  const here = stack.use(createNetworkNamespace());
  const there = stack.use(createNetworkNamespace());
  const netlink = stack.use(await openNetlink({ netns: here }));
  const far = stack.use(await openNetlink({ netns: there }));
  await netlink.links.set({ name: 'lo' }, { up: true });
  await netlink.links.add({
    kind: 'veth',
    name: 'net1',
    macAddress: '02:00:00:00:02:80',
    up: true,
    peer: { name: 'far1', netns: there, up: true },
  });
  const net1 = await linkNamed(netlink, 'net1');
  return { here, there, netlink, far, net1, [Symbol.dispose]: () => stack.dispose() };
}

export async function linkNamed(netlink: Netlink, name: string): Promise<Link> {
  const link = await netlink.links.get({ name });
  if (link === undefined) throw new Error(`there is no link ${name}`);
  return link;
}
