import type { SimulatedEc2 } from '@truetuple/core/testing';
import { boxAddresses, eniNames, subnetNames, type EniName, type SubnetName } from './topology.ts';
import type { BoxEni, VpcBox } from './vpc-box.ts';

/** core's poolTagKey, written out: the lab then runs, and fits into a small VM, without core. */
export const poolTag = 'truetuple/pool';

/** Under which ids a simulated EC2 knows the parts of a box. */
export interface BoxInEc2 {
  readonly vpcId: string;
  /** The node: eni-node-a is its device 0, eni-node-b its device 1. */
  readonly instanceId: string;
  readonly subnetIds: Readonly<Record<SubnetName, string>>;
  readonly routeTableIds: Readonly<Record<SubnetName, string>>;
  readonly networkInterfaceIds: Readonly<Record<EniName, string>>;
  /** The pool that identities are taken from, in the order of their addresses. */
  readonly poolAddresses: readonly { readonly allocationId: string; readonly publicIp: string }[];
}

export interface DescribeBoxOptions {
  /** Value of the tag `truetuple/pool` on the pool's addresses and on eni-node-b; default `demo`. */
  readonly pool?: string;
  /** How many Elastic IPs the pool has, from 203.0.113.50 on; default 3. */
  readonly poolSize?: number;
}

/**
 * Builds in a simulated EC2 what the box is now: VPC, subnets, route tables, ENIs with their addresses and
 * MACs, the node's instance, the NAT gateway's Elastic IP, and a pool; its networks have IPv6 blocks too. Left out: the NAT gateway itself
 * and the private subnet's default route to it, which the simulator has no words for. The EC2's call log
 * starts afterwards.
 */
export async function describeBoxToEc2(
  box: VpcBox,
  ec2: SimulatedEc2,
  options: DescribeBoxOptions = {},
): Promise<BoxInEc2> {
  const pool = options.pool ?? 'demo';
  const { vpcCidr, vpcIpv6Cidr } = boxAddresses;
  const { vpcId } = ec2.createVpc({ cidr: vpcCidr, ipv6Cidr: vpcIpv6Cidr });
  const { internetGatewayId } = ec2.createInternetGateway({ vpcId });
  const routeTableIds = bySubnet((name) => {
    return ec2.createRouteTable({ vpcId, tags: { Name: name } }).routeTableId;
  });
  ec2.createGatewayRoute({
    routeTableId: routeTableIds.public,
    destinationCidrBlock: '0.0.0.0/0',
    gatewayId: internetGatewayId,
  });
  const subnetIds = bySubnet((name) => {
    const cidr = boxAddresses.subnetCidr[name];
    const ipv6Cidr = boxAddresses.subnetIpv6Cidr[name];
    const routeTableId = routeTableIds[name];
    return ec2.createSubnet({ vpcId, cidr, ipv6Cidr, routeTableId, tags: { Name: name } }).subnetId;
  });
  const { instanceId } = ec2.createInstance({ tags: { Name: 'node' } });
  const networkInterfaceIds = describeEnis(box, ec2, { subnetIds, instanceId, pool });
  await describeAddresses(box, ec2, networkInterfaceIds);
  const poolAddresses = Array.from({ length: options.poolSize ?? 3 }, (_, index) =>
    ec2.allocateAddress({ publicIp: poolAddress(index), tags: { [poolTag]: pool } }),
  );
  const known = { vpcId, instanceId, subnetIds, routeTableIds, networkInterfaceIds, poolAddresses };
  box.knowAs(known);
  ec2.calls.clear();
  return known;
}

interface EniSurroundings {
  readonly subnetIds: BoxInEc2['subnetIds'];
  readonly instanceId: string;
  readonly pool: string;
}

function describeEnis(
  box: VpcBox,
  ec2: SimulatedEc2,
  around: EniSurroundings,
): BoxInEc2['networkInterfaceIds'] {
  const ids = eniNames.map((name) => {
    const eni = box.eni(name);
    const { networkInterfaceId } = ec2.createNetworkInterface({
      subnetId: around.subnetIds[eni.subnet],
      privateIpAddress: eni.address,
      macAddress: eni.macAddress,
      sourceDestCheck: eni.sourceDestCheck,
      ...(eni.host === 'node' ? attachmentOf(eni, around.instanceId) : {}),
      tags: name === 'eni-node-b' ? { Name: name, [poolTag]: around.pool } : { Name: name },
    });
    return [name, networkInterfaceId] as const;
  });
  return Object.fromEntries(ids) as Record<EniName, string>;
}

function attachmentOf(
  eni: BoxEni,
  instanceId: string,
): { readonly instanceId: string; readonly deviceIndex: number } {
  return { instanceId, deviceIndex: eni.link === 'eth0' ? 0 : 1 };
}

/** Secondary private addresses, and the Elastic IPs that are associated in the box. */
async function describeAddresses(
  box: VpcBox,
  ec2: SimulatedEc2,
  ids: BoxInEc2['networkInterfaceIds'],
): Promise<void> {
  const associations = box.dataPlane.associations();
  for (const { name, addresses } of box.enis()) {
    const networkInterfaceId = ids[name];
    const [, ...secondary] = addresses;
    if (secondary.length > 0) {
      await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: secondary });
    }
    for (const { publicIp, privateIp } of associations) {
      if (!addresses.includes(privateIp)) continue;
      const { allocationId } = ec2.allocateAddress({ publicIp, tags: { Name: name } });
      await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: privateIp });
    }
  }
}

function poolAddress(index: number): string {
  const [a, b, c, d] = boxAddresses.poolFirst.split('.').map(Number);
  return [a, b, c, (d ?? 0) + index].join('.');
}

function bySubnet(make: (name: SubnetName) => string): Readonly<Record<SubnetName, string>> {
  const made = subnetNames.map((name) => [name, make(name)] as const);
  return Object.fromEntries(made) as Record<SubnetName, string>;
}
