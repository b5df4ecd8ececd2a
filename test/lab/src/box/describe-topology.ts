import type { CheckedBoxOptions, PodOptions } from './box-options.ts';
import { describeHosts } from './describe-hosts.ts';
import { macAddress, nodeEndName, podKey } from './link-names.ts';
import {
  boxAddresses,
  type EniPlan,
  type HostKey,
  type InitialDataPlane,
  type Net1Kind,
  type Slave,
  type Topology,
  type Wire,
  type WireEnd,
} from './topology.ts';

const addresses = boxAddresses;

/** Everything that has to exist for a box with these options. */
export function describeTopology(options: CheckedBoxOptions): Topology {
  const enis = describeEnis(options.net1);
  const initial = describeInitial(options.pods);
  return {
    hosts: describeHosts(options, enis, initial),
    wires: [
      ...outerWires(),
      ...enis.map((eni, index) => eniWire(eni, index, options.net1)),
      ...podWires(options.pods),
    ],
    slaves: options.pods.map((pod, index) => net1Slave(options.net1, pod, index)),
    enis,
    initial,
  };
}

function describeEnis(net1: Net1Kind): readonly EniPlan[] {
  const own = { link: 'eth0', framesToOwner: true } as const;
  // A macvlan stands in for ipvlan here and has a MAC of its own: ARP has to find it.
  const second = { link: 'eth1', framesToOwner: net1 === 'ipvlan' } as const;
  const plans: readonly Omit<EniPlan, 'macAddress'>[] = [
    { name: 'eni-node-a', host: 'node', subnet: 'private', address: addresses.nodePrimary, ...own },
    {
      name: 'eni-node-b',
      host: 'node',
      subnet: 'public',
      address: addresses.nodeSecondary,
      ...second,
    },
    { name: 'eni-nat', host: 'natgw', subnet: 'public', address: addresses.natGateway, ...own },
    { name: 'eni-client', host: 'client', subnet: 'private', address: addresses.client, ...own },
    { name: 'eni-aws', host: 'aws', subnet: 'private', address: addresses.aws, ...own },
    {
      name: 'eni-isolated',
      host: 'isolated',
      subnet: 'isolated',
      address: addresses.isolated,
      ...own,
    },
  ];
  return plans.map((plan, index) => ({ ...plan, macAddress: macAddress('eni', index) }));
}

function outerWires(): readonly Wire[] {
  return [
    wire(end('peer', 'pe0', macAddress('outer', 0)), end('igw', 'inet', macAddress('outer', 1))),
    wire(end('igw', 'vpc', macAddress('outer', 2)), end('vpc', 'igw', macAddress('outer', 3))),
  ];
}

function eniWire(eni: EniPlan, index: number, net1: Net1Kind): Wire {
  // With macvlan the first pod's net1 shows the ENI's MAC, as every ipvlan slave would; eth1 has another.
  const lent = eni.name === 'eni-node-b' && net1 === 'macvlan';
  const hostMac = lent ? macAddress('net1', 0) : eni.macAddress;
  return wire(end(eni.host, eni.link, hostMac), end('vpc', eni.name, macAddress('router', index)));
}

function podWires(pods: readonly PodOptions[]): readonly Wire[] {
  return pods.map((pod, index) =>
    wire(
      end(podKey(pod.name), 'eth0', macAddress('pod', index)),
      end('node', nodeEndName(index), macAddress('nodeEnd', index)),
    ),
  );
}

function net1Slave(kind: Net1Kind, { name }: PodOptions, index: number): Slave {
  const pod = podKey(name);
  if (kind === 'ipvlan') return { kind, pod, link: 'net1' };
  const mac = index === 0 ? macAddress('eni', 1) : macAddress('net1', index);
  return { kind, pod, link: 'net1', macAddress: mac };
}

/** Before any identity is taken: primary addresses, what the CNI assigned, the NAT gateway's Elastic IP. */
function describeInitial(pods: readonly PodOptions[]): InitialDataPlane {
  return {
    privateIps: [
      { eni: 'eni-node-a', address: addresses.nodePrimary },
      ...pods.map((pod) => ({ eni: 'eni-node-a' as const, address: pod.eth0 })),
      { eni: 'eni-node-b', address: addresses.nodeSecondary },
      { eni: 'eni-nat', address: addresses.natGateway },
      { eni: 'eni-client', address: addresses.client },
      { eni: 'eni-aws', address: addresses.aws },
      { eni: 'eni-isolated', address: addresses.isolated },
    ],
    associations: [{ publicIp: addresses.natGatewayPublic, privateIp: addresses.natGateway }],
    unchecked: ['eni-nat'],
  };
}

function wire(one: WireEnd, other: WireEnd): Wire {
  return { ends: [one, other] };
}

function end(host: HostKey, link: string, mac: string): WireEnd {
  return { host, link, macAddress: mac };
}
