import { Ec2CallError, type Ec2Api } from '@truetuple/core';
import type { SimulatedEc2, SimulatedEc2Options } from '@truetuple/core/testing';
import type { ClaimsBench } from './claims-suite.ts';

/** A VPC with two interfaces of one instance in one subnet. */
export interface Place {
  readonly vpcId: string;
  readonly subnetId: string;
  readonly routeTableId: string;
  readonly instanceId: string;
  readonly networkInterfaceId: string;
  readonly otherInterfaceId: string;
}

/** A region that holds a place, and a way to talk to it. */
export type MakePlace = (
  options?: Partial<SimulatedEc2Options>,
) => Promise<ClaimsBench & { readonly place: Place }>;

export function buildPlace(simulated: SimulatedEc2): Place {
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  simulated.createInternetGateway({ vpcId });
  const { routeTableId } = simulated.createRouteTable({ vpcId, tags: { use: 'media' } });
  const ipv6Cidr = '2001:db8:0:202::/64';
  const { subnetId } = simulated.createSubnet({
    vpcId,
    cidr: '10.0.2.0/24',
    ipv6Cidr,
    routeTableId,
  });
  const { instanceId } = simulated.createInstance({ privateIpsPerNetworkInterface: 4 });
  const one = simulated.createNetworkInterface({
    subnetId,
    instanceId,
    privateIpAddress: '10.0.2.10',
    macAddress: '02:00:00:00:00:aa',
    tags: { use: 'media' },
  });
  const other = simulated.createNetworkInterface({
    subnetId,
    instanceId,
    privateIpAddress: '10.0.2.20',
  });
  return {
    vpcId,
    subnetId,
    routeTableId,
    instanceId,
    networkInterfaceId: one.networkInterfaceId,
    otherInterfaceId: other.networkInterfaceId,
  };
}

export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
  } catch (error) {
    if (Ec2CallError.is(error)) return error.ec2Code;
    throw error;
  }
  return 'not refused';
}

export function assign(ec2: Ec2Api, networkInterfaceId: string, ...privateIpAddresses: string[]) {
  return ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses,
    allowReassignment: false,
  });
}

export function associate(
  ec2: Ec2Api,
  allocationId: string,
  networkInterfaceId: string,
  privateIpAddress: string,
) {
  return ec2.associateAddress({
    allocationId,
    networkInterfaceId,
    privateIpAddress,
    allowReassociation: false,
  });
}
