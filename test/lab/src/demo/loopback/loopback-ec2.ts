import { poolTagKey, type IdentitySpecInput } from '@truetuple/core';
import { SimulatedEc2 } from '@truetuple/core/testing';
import { demoOwner, demoPool, demoRegion } from '../demo-spec.ts';
import { pictureEc2 } from '../leftovers/ec2-leftovers.ts';
import type { PeerClass, Tuple } from '../traffic/flow.ts';

/** The pod's link and the VPC around it, in the simulated EC2 of the loopback level. */
export const loopbackLink = {
  macAddress: '02:74:74:00:01:01',
  privateIp: '10.0.2.128',
  prefixLength: 24,
} as const;

/** The one address that macOS has on its loopback link; it stands in for the Elastic IP. */
export const loopbackAddress = '127.0.0.1';

/** A VPC with a private and a public subnet, a node with a second ENI, and a pool of one address. */
export function loopbackEc2(): { readonly ec2: SimulatedEc2; readonly spec: IdentitySpecInput } {
  const ec2 = new SimulatedEc2({ region: demoRegion, claimScope: 'eni' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const poolTag = { [poolTagKey]: demoPool };
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  ec2.createSubnet({ vpcId, cidr: '10.0.1.0/24', routeTableId });
  const publicSubnet = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({
    subnetId: publicSubnet.subnetId,
    privateIpAddress: '10.0.2.10',
    macAddress: loopbackLink.macAddress,
    instanceId,
    deviceIndex: 1,
    tags: poolTag,
  });
  ec2.allocateAddress({ publicIp: loopbackAddress, tags: poolTag });
  const spec: IdentitySpecInput = {
    owner: demoOwner,
    pool: demoPool,
    region: demoRegion,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds: [routeTableId] },
  };
  return { ec2, spec };
}

/** How the model's network carries a packet to the pod. */
export type WayToPod = 'direct' | 'nat' | 'lost';

/** What EC2's state makes of a packet from a far side to a tuple of the pod. */
export async function wayByEc2(ec2: SimulatedEc2, from: PeerClass, to: Tuple): Promise<WayToPod> {
  const { addresses, networkInterfaces, routeTables } = await pictureEc2(ec2, demoPool);
  if (to.address === loopbackLink.privateIp) return from === 'vpc' ? 'direct' : 'lost';
  const elastic = addresses.find(({ publicIp }) => publicIp === to.address);
  if (elastic === undefined) return 'lost';
  if (from === 'vpc') {
    const route = routeTables
      .flatMap(({ routes }) => routes)
      .find(({ destinationCidrBlock }) => destinationCidrBlock === `${to.address}/32`);
    const eni = networkInterfaces.find(
      ({ networkInterfaceId }) => networkInterfaceId === route?.networkInterfaceId,
    );
    if (eni !== undefined) return eni.sourceDestCheck ? 'lost' : 'direct';
  }
  if (elastic.associationId === undefined) return 'lost';
  // without the /32 a VPC client comes out of the NAT gateway and in by the Internet gateway
  return from === 'vpc' ? 'nat' : 'direct';
}
