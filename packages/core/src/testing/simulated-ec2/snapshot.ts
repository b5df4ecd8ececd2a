import type { ElasticIp, RouteTable, Tag } from '../../cloud/ec2/ec2-api.ts';
import type { NetworkAcl, SecurityGroup } from '../../cloud/ec2/ec2-packet-filters.ts';
import {
  tagList,
  type CidrReservation,
  type CloudState,
  type InstanceState,
} from './cloud-state.ts';
import {
  describeAddresses,
  describeNetworkInterfaces,
  describeRouteTables,
  type ShownNetworkInterface,
} from './describe.ts';
import type { SimulatedInstanceType } from './instance-types.ts';
import { describeNetworkAcls } from './network-acls.ts';
import { describeSecurityGroups } from './security-groups.ts';

/** The whole simulated region as plain JSON. */
export interface Ec2Snapshot {
  readonly region: string;
  readonly vpcs: readonly {
    readonly vpcId: string;
    readonly cidr: string;
    readonly ipv6Cidr?: string;
    readonly mainRouteTableId: string;
    readonly isDefault: boolean;
    readonly internetGatewayId?: string;
    readonly tags: readonly Tag[];
  }[];
  readonly subnets: readonly {
    readonly subnetId: string;
    readonly vpcId: string;
    readonly cidr: string;
    readonly availabilityZone: string;
    readonly ipv6Cidr?: string;
    readonly reservations: readonly CidrReservation[];
    readonly tags: readonly Tag[];
  }[];
  readonly internetGateways: readonly {
    readonly internetGatewayId: string;
    /** Absent while it is attached to none. */
    readonly vpcId?: string;
    readonly tags: readonly Tag[];
  }[];
  readonly instances: readonly {
    readonly instanceId: string;
    readonly state: InstanceState;
    readonly instanceType?: SimulatedInstanceType;
    readonly privateIpsPerNetworkInterface: number;
    readonly tags: readonly Tag[];
  }[];
  readonly networkInterfaces: readonly ShownNetworkInterface[];
  readonly addresses: readonly ElasticIp[];
  readonly routeTables: readonly RouteTable[];
  readonly securityGroups: readonly SecurityGroup[];
  readonly networkAcls: readonly NetworkAcl[];
  readonly prefixLists: readonly {
    readonly prefixListId: string;
    readonly prefixListName: string;
    readonly maxEntries: number;
    readonly entries: readonly string[];
    readonly version: number;
    readonly tags: readonly Tag[];
  }[];
}

export function snapshotOf(state: CloudState): Ec2Snapshot {
  return {
    region: state.region,
    vpcs: [...state.vpcs.values()].map((vpc) => {
      const { vpcId, cidr, ipv6Cidr, mainRouteTableId, isDefault, internetGatewayId } = vpc;
      const gateway = internetGatewayId === undefined ? {} : { internetGatewayId };
      const ipv6 = ipv6Cidr === undefined ? {} : { ipv6Cidr };
      const own = { vpcId, cidr, ...ipv6, mainRouteTableId, isDefault, ...gateway };
      return { ...own, tags: tagList(vpc.tags) };
    }),
    subnets: [...state.subnets.values()].map((subnet) => ({
      subnetId: subnet.subnetId,
      vpcId: subnet.vpcId,
      cidr: subnet.cidr,
      availabilityZone: subnet.availabilityZone,
      ...(subnet.ipv6Cidr === undefined ? {} : { ipv6Cidr: subnet.ipv6Cidr }),
      reservations: [...subnet.reservations],
      tags: tagList(subnet.tags),
    })),
    internetGateways: [...state.internetGateways.values()].map((gateway) => ({
      internetGatewayId: gateway.internetGatewayId,
      ...(gateway.vpcId === undefined ? {} : { vpcId: gateway.vpcId }),
      tags: tagList(gateway.tags),
    })),
    instances: [...state.instances.values()].map((instance) => ({
      instanceId: instance.instanceId,
      state: instance.state,
      ...(instance.instanceType === undefined ? {} : { instanceType: instance.instanceType }),
      privateIpsPerNetworkInterface: instance.privateIpsPerNetworkInterface,
      tags: tagList(instance.tags),
    })),
    networkInterfaces: describeNetworkInterfaces(state, {}),
    addresses: describeAddresses(state, {}),
    routeTables: describeRouteTables(state, {}),
    securityGroups: describeSecurityGroups(state, {}),
    networkAcls: describeNetworkAcls(state, {}),
    prefixLists: [...state.prefixLists.values()].map((list) => ({
      ...list,
      tags: tagList(list.tags),
    })),
  };
}
