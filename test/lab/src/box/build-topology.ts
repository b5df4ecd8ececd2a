import {
  createNetworkNamespace,
  openNetlink,
  type Netlink,
  type NetworkNamespace,
} from '@truetuple/netlink';
import { openNftables, type Nftables } from '@truetuple/netlink/nftables';
import { LabError } from '../errors.ts';
import { settleSysctls } from './sysctl.ts';
import type { HostKey, HostPlan, LinkPlan, RoutePlan, Slave, Topology, Wire } from './topology.ts';

/** One host of a box: a namespace of its own and connections into it. */
export interface Host {
  readonly key: HostKey;
  readonly namespace: NetworkNamespace;
  readonly netlink: Netlink;
  /** Where the host has a ruleset: of a pod, whoever deletes it must know every holder. */
  readonly nftables?: Nftables;
}

export type Hosts = ReadonlyMap<HostKey, Host>;

/** Makes everything a topology names. On failure nothing is left. */
export async function buildTopology(topology: Topology): Promise<Hosts> {
  const hosts = new Map<HostKey, Host>();
  try {
    for (const plan of topology.hosts) hosts.set(plan.key, await createHost(plan));
    // Rulesets need no link: a packet meets its rules from the first one on.
    for (const { key, ruleset } of topology.hosts) await hosts.get(key)?.nftables?.apply(ruleset);
    await connectHosts(topology, hosts);
    return hosts;
  } catch (error) {
    closeHosts(hosts);
    throw error;
  }
}

/** Lets go of every namespace: the kernel takes links, routes and rulesets down with them. */
export function closeHosts(hosts: Hosts): void {
  for (const host of hosts.values()) {
    host.nftables?.close();
    host.netlink.close();
    host.namespace.close();
  }
}

export function hostOf(hosts: Hosts, key: HostKey): Host {
  const host = hosts.get(key);
  if (host !== undefined) return host;
  throw new LabError({
    code: 'UnknownToBox',
    message: `the box has no host ${key}`,
    remedy: `Name one of ${[...hosts.keys()].join(', ')}.`,
  });
}

/** nftables of a host that has a ruleset. */
export function nftablesOf(hosts: Hosts, key: HostKey): Nftables {
  const { nftables } = hostOf(hosts, key);
  if (nftables !== undefined) return nftables;
  throw new LabError({
    code: 'UnknownToBox',
    message: `host ${key} of the box has no ruleset`,
    remedy: 'Open nftables in its namespace with openNftables().',
  });
}

async function createHost({ key, ruleset }: HostPlan): Promise<Host> {
  const namespace = createNetworkNamespace();
  let netlink: Netlink | undefined;
  try {
    settleSysctls(namespace);
    netlink = await openNetlink({ netns: namespace });
    if (ruleset.length === 0) return { key, namespace, netlink };
    const nftables = await openNftables({ netns: namespace });
    return { key, namespace, netlink, nftables };
  } catch (error) {
    netlink?.close();
    namespace.close();
    throw error;
  }
}

async function connectHosts(topology: Topology, hosts: Hosts): Promise<void> {
  await Promise.all(topology.wires.map((wire) => layWire(hosts, wire)));
  await Promise.all(topology.slaves.map((slave) => addSlave(hosts, slave)));
  // Every link must be up before routes lead over it, and slaves need their master up.
  for (const plan of topology.hosts) await setUpLinks(hostOf(hosts, plan.key), plan);
  await Promise.all(topology.hosts.map((plan) => setUpRouting(hostOf(hosts, plan.key), plan)));
}

async function layWire(hosts: Hosts, { ends: [one, other] }: Wire): Promise<void> {
  await hostOf(hosts, one.host).netlink.links.add({
    kind: 'veth',
    name: one.link,
    macAddress: one.macAddress,
    peer: {
      name: other.link,
      macAddress: other.macAddress,
      netns: hostOf(hosts, other.host).namespace,
    },
  });
}

async function addSlave(hosts: Hosts, slave: Slave): Promise<void> {
  const { netlink } = hostOf(hosts, 'node');
  const name = slave.link;
  const parentIndex = await linkIndex(netlink, 'node', 'eth1');
  const netns = hostOf(hosts, slave.pod).namespace;
  switch (slave.kind) {
    case 'ipvlan':
      return netlink.links.add({ kind: 'ipvlan', mode: 'l2', name, parentIndex, netns });
    case 'macvlan': {
      const { macAddress } = slave;
      return netlink.links.add({
        kind: 'macvlan',
        mode: 'bridge',
        name,
        parentIndex,
        netns,
        macAddress,
      });
    }
    default:
      throw new TypeError(`unknown slave ${JSON.stringify(slave satisfies never)}`);
  }
}

async function setUpLinks({ netlink }: Host, plan: HostPlan): Promise<void> {
  await netlink.links.set({ name: 'lo' }, { up: true });
  for (const link of plan.links) await setUpLink(netlink, plan, link);
}

async function setUpLink(netlink: Netlink, plan: HostPlan, link: LinkPlan): Promise<void> {
  const index = await linkIndex(netlink, plan.key, link.name);
  for (const address of link.addresses) {
    await netlink.addresses.add({ family: 'ipv4', linkIndex: index, address, scope: 'global' });
  }
  const ipv4 = {
    rpFilter: 0,
    forwarding: link.forwarding === true,
    proxyArp: link.proxyArp === true,
  };
  await netlink.links.set({ index }, { up: true, ipv4 });
  if (link.proxyArp !== true) return;
  await netlink.neighbourTables.set({
    family: 'ipv4',
    linkIndex: index,
    proxyDelayMs: 0,
    retransTimeMs: 20,
  });
}

async function setUpRouting({ netlink }: Host, plan: HostPlan): Promise<void> {
  for (const route of plan.routes)
    await netlink.routes.replace(await toRoute(netlink, plan.key, route));
  for (const neighbour of plan.neighbours) {
    await netlink.neighbours.replace({
      linkIndex: await linkIndex(netlink, plan.key, neighbour.link),
      address: neighbour.address,
      macAddress: neighbour.macAddress,
      state: 'permanent',
    });
  }
  for (const rule of plan.rules) {
    await netlink.rules.add({
      family: 'ipv4',
      priority: 100,
      inputLinkName: rule.inputLink,
      table: rule.table,
    });
  }
}

/** A route of a plan in the kernel's terms. */
export async function toRoute(
  netlink: Netlink,
  host: HostKey,
  plan: RoutePlan,
): Promise<Parameters<Netlink['routes']['replace']>[0]> {
  const table = { table: plan.table ?? mainTable };
  const common = { family: 'ipv4', destination: plan.destination, ...table } as const;
  if (plan.link === undefined) return { ...common, type: plan.kind };
  const route = {
    ...common,
    type: plan.kind,
    linkIndex: await linkIndex(netlink, host, plan.link),
  };
  if (plan.gateway === undefined) return { ...route, scope: 'link' };
  return { ...route, gateway: plan.gateway, onlink: plan.onlink === true, scope: 'global' };
}

const mainTable = 254;

export async function linkIndex(netlink: Netlink, host: HostKey, name: string): Promise<number> {
  const link = await netlink.links.get({ name });
  if (link !== undefined) return link.index;
  throw new LabError({
    code: 'LinkMissing',
    message: `host ${host} of the box has no link ${name}`,
    remedy: 'Name a link that the host has; test/lab/README.md lists them.',
  });
}
