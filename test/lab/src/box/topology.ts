import type { Operation } from '@truetuple/netlink/nftables';

/** What a box is made of, as data. Nothing here touches the kernel. */
export interface Topology {
  readonly hosts: readonly HostPlan[];
  readonly wires: readonly Wire[];
  readonly slaves: readonly Slave[];
  readonly enis: readonly EniPlan[];
  readonly initial: InitialDataPlane;
}

export const fixedHostNames = [
  'peer',
  'igw',
  'vpc',
  'natgw',
  'client',
  'aws',
  'isolated',
  'node',
] as const;
export type FixedHostName = (typeof fixedHostNames)[number];
export type HostKey = FixedHostName | `pod/${string}`;

export const eniNames = [
  'eni-node-a',
  'eni-node-b',
  'eni-nat',
  'eni-client',
  'eni-aws',
  'eni-isolated',
] as const;
/** An ENI's name is also the name of its port on the VPC router. */
export type EniName = (typeof eniNames)[number];

/** `isolated`: its route table knows the VPC's private addresses and nothing else. */
export const subnetNames = ['private', 'public', 'isolated'] as const;
export type SubnetName = (typeof subnetNames)[number];
/** A VPC route table is called after the subnet that uses it. */
export type RouteTableName = SubnetName;

/** The fixed addresses of every box. Public ones come from the documentation ranges of RFC 5737. */
export const boxAddresses = {
  peer: '198.51.100.50',
  secondPeer: '198.51.100.51',
  vpcCidr: '10.0.0.0/16',
  subnetCidr: { private: '10.0.1.0/24', public: '10.0.2.0/24', isolated: '10.0.3.0/24' },
  /** Only EC2's side of a box has IPv6; its wires carry none. */
  vpcIpv6Cidr: '2001:db8:0:200::/56',
  subnetIpv6Cidr: {
    private: '2001:db8:0:201::/64',
    public: '2001:db8:0:202::/64',
    isolated: '2001:db8:0:203::/64',
  },
  publicRange: '203.0.113.0/24',
  natGatewayPublic: '203.0.113.7',
  natGateway: '10.0.2.5',
  client: '10.0.1.100',
  aws: '10.0.1.200',
  isolated: '10.0.3.100',
  nodePrimary: '10.0.1.10',
  nodeSecondary: '10.0.2.10',
  podEth0: '10.0.1.50',
  podNet1: '10.0.2.128',
  /** First of the pool that a simulated EC2 holds for the box. */
  poolFirst: '203.0.113.50',
} as const;

/** The VPC router's own address in each subnet, the gateway of its hosts. */
export const routerAddresses = {
  private: '10.0.1.1',
  public: '10.0.2.1',
  isolated: '10.0.3.1',
} as const;

/** Kernel tables of the VPC router, one per VPC route table and one for what the gateway brings in. */
export const routerTables = { private: 100, public: 101, gateway: 102, isolated: 103 } as const;

export interface HostPlan {
  readonly key: HostKey;
  readonly links: readonly LinkPlan[];
  readonly routes: readonly RoutePlan[];
  readonly rules: readonly RulePlan[];
  readonly neighbours: readonly NeighbourPlan[];
  /** What nftables shall hold, in the order to add it. */
  readonly ruleset: readonly Operation[];
}

/** A link that exists once wires and slaves are made; it gets its addresses and is set up. */
export interface LinkPlan {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly forwarding?: boolean;
  /** Answers ARP at once for whatever it can route: a VPC router's port, a CNI's host end. */
  readonly proxyArp?: boolean;
}

export interface RoutePlan {
  readonly destination: string;
  readonly kind: 'unicast' | 'blackhole';
  readonly link?: string;
  readonly gateway?: string;
  readonly onlink?: boolean;
  readonly table?: number;
}

export interface RulePlan {
  readonly inputLink: string;
  readonly table: number;
}

export interface NeighbourPlan {
  readonly link: string;
  readonly address: string;
  readonly macAddress: string;
}

/** A veth pair between two hosts. */
export interface Wire {
  readonly ends: readonly [WireEnd, WireEnd];
}

export interface WireEnd {
  readonly host: HostKey;
  readonly link: string;
  readonly macAddress: string;
}

/** A pod's net1: a slave of the node's eth1. An ipvlan slave has its master's MAC address. */
export type Slave =
  | { readonly kind: 'ipvlan'; readonly pod: HostKey; readonly link: string }
  | {
      readonly kind: 'macvlan';
      readonly pod: HostKey;
      readonly link: string;
      readonly macAddress: string;
    };

export type Net1Kind = Slave['kind'];

export interface EniPlan {
  readonly name: EniName;
  readonly host: FixedHostName;
  readonly link: string;
  /** What EC2 says of the ENI, and what the pod sees on net1 where that link belongs to it. */
  readonly macAddress: string;
  readonly subnet: SubnetName;
  /** Its primary private address. */
  readonly address: string;
  /** True: every frame goes to the ENI's own MAC. False: ARP finds who holds the address. */
  readonly framesToOwner: boolean;
}

export interface InitialDataPlane {
  readonly privateIps: readonly { readonly eni: EniName; readonly address: string }[];
  readonly associations: readonly { readonly publicIp: string; readonly privateIp: string }[];
  readonly unchecked: readonly EniName[];
}
