import type { CheckedBoxOptions, PodOptions } from './box-options.ts';
import { macAddress, nodeEndName, podKey } from './link-names.ts';
import { gatewayRuleset, natGatewayRuleset, nodeRuleset, routerRuleset } from './rulesets.ts';
import {
  boxAddresses,
  routerAddresses,
  routerTables,
  type EniPlan,
  type HostKey,
  type HostPlan,
  type InitialDataPlane,
  type LinkPlan,
  type RoutePlan,
  type SubnetName,
} from './topology.ts';

const addresses = boxAddresses;
const outer = {
  igwOnInternet: '198.51.100.1',
  igw: '169.254.100.1',
  vpc: '169.254.100.2',
} as const;
/** The gateway that the VPC CNI gives every pod. */
const podGateway = '169.254.1.1';

/** Every host of a box with its links, routes and rules. */
export function describeHosts(
  options: CheckedBoxOptions,
  enis: readonly EniPlan[],
  initial: InitialDataPlane,
): readonly HostPlan[] {
  return [
    host('peer', {
      links: [link('pe0', [`${addresses.peer}/24`, `${addresses.secondPeer}/24`])],
      routes: [via('0.0.0.0/0', 'pe0', outer.igwOnInternet)],
    }),
    host('igw', {
      links: [
        { ...link('inet', [`${outer.igwOnInternet}/24`]), forwarding: true },
        { ...link('vpc', [`${outer.igw}/30`]), forwarding: true },
      ],
      routes: [via(addresses.vpcCidr, 'vpc', outer.vpc)],
      ruleset: gatewayRuleset(initial),
    }),
    describeRouter(enis, initial),
    host('natgw', {
      links: [{ ...link('eth0', [`${addresses.natGateway}/24`]), forwarding: true }],
      routes: [via('0.0.0.0/0', 'eth0', routerAddresses.public)],
      ruleset: natGatewayRuleset,
    }),
    describeGuest('client', 'private'),
    describeGuest('aws', 'private'),
    describeGuest('isolated', 'isolated'),
    describeNode(options.pods),
    ...options.pods.map(describePod),
  ];
}

/** The VPC router: one route table per subnet, chosen by the ENI a packet comes from. */
function describeRouter(enis: readonly EniPlan[], initial: InitialDataPlane): HostPlan {
  const tables = Object.values(routerTables);
  return host('vpc', {
    links: [
      { ...link('igw', [`${outer.vpc}/30`]), forwarding: true },
      // On the port itself, so that the router asks by ARP as the router of that subnet.
      ...enis.map((eni) => ({
        ...link(eni.name, [`${routerAddresses[eni.subnet]}/32`]),
        forwarding: true,
        proxyArp: true,
      })),
    ],
    rules: [
      ...enis.map((eni) => ({ inputLink: eni.name, table: routerTables[eni.subnet] })),
      { inputLink: 'igw', table: routerTables.gateway },
    ],
    routes: [
      ...tables.map((table) => blackhole(addresses.vpcCidr, table)),
      ...initial.privateIps.flatMap((ip) => privateIpRoutes(eniOf(enis, ip.eni), ip.address)),
      {
        ...via('0.0.0.0/0', 'eni-nat', addresses.natGateway),
        onlink: true,
        table: routerTables.private,
      },
      { ...via('0.0.0.0/0', 'igw', outer.igw), table: routerTables.public },
    ],
    ruleset: routerRuleset(initial),
  });
}

/** The /32 of one private address in every table of the VPC router. */
export function privateIpRoutes(eni: EniPlan, address: string): readonly RoutePlan[] {
  return Object.values(routerTables).map((table) => eniRoute(eni, `${address}/32`, table));
}

/** A route of the VPC router that ends at an ENI. */
export function eniRoute(eni: EniPlan, destination: string, table: number): RoutePlan {
  const route = { destination, kind: 'unicast', link: eni.name, table } as const;
  if (!eni.framesToOwner || destination === `${eni.address}/32`) return route;
  return { ...route, gateway: eni.address, onlink: true };
}

export function eniOf(enis: readonly EniPlan[], name: string): EniPlan {
  const found = enis.find((eni) => eni.name === name);
  if (found === undefined) throw new RangeError(`the box has no ENI ${name}`);
  return found;
}

function describeGuest(key: 'client' | 'aws' | 'isolated', subnet: SubnetName): HostPlan {
  return host(key, {
    links: [link('eth0', [`${addresses[key]}/24`])],
    routes: [via('0.0.0.0/0', 'eth0', routerAddresses[subnet])],
  });
}

/** Primary ENI eth0, secondary ENI eth1, and the VPC CNI's end of each pod. */
function describeNode(pods: readonly PodOptions[]): HostPlan {
  return host('node', {
    links: [
      { ...link('eth0', [`${addresses.nodePrimary}/24`]), forwarding: true },
      { ...link('eth1', [`${addresses.nodeSecondary}/24`]), forwarding: true },
      ...pods.map((_, index) => ({ ...link(nodeEndName(index), []), forwarding: true })),
    ],
    routes: [
      via('0.0.0.0/0', 'eth0', routerAddresses.private),
      ...pods.map((pod, index) => direct(`${pod.eth0}/32`, nodeEndName(index))),
    ],
    ruleset: nodeRuleset,
  });
}

/** As the VPC CNI (eth0, a link-local gateway) and Multus (net1, no default route) leave a pod. */
function describePod(pod: PodOptions, index: number): HostPlan {
  return host(podKey(pod.name), {
    links: [
      link('eth0', [`${pod.eth0}/32`]),
      link(
        'net1',
        pod.net1.map((address) => `${address}/24`),
      ),
    ],
    routes: [direct(`${podGateway}/32`, 'eth0'), via('0.0.0.0/0', 'eth0', podGateway)],
    neighbours: [{ link: 'eth0', address: podGateway, macAddress: macAddress('nodeEnd', index) }],
  });
}

function host(key: HostKey, parts: Partial<Omit<HostPlan, 'key'>>): HostPlan {
  return {
    key,
    links: parts.links ?? [],
    routes: parts.routes ?? [],
    rules: parts.rules ?? [],
    neighbours: parts.neighbours ?? [],
    ruleset: parts.ruleset ?? [],
  };
}

function link(name: string, cidrs: readonly string[]): LinkPlan {
  return { name, addresses: cidrs };
}

function via(destination: string, out: string, gateway: string): RoutePlan {
  return { destination, kind: 'unicast', link: out, gateway };
}

function direct(destination: string, out: string): RoutePlan {
  return { destination, kind: 'unicast', link: out };
}

function blackhole(destination: string, table: number): RoutePlan {
  return { destination, kind: 'blackhole', table };
}
