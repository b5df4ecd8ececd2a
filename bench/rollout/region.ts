import type { IdentitySpecInput } from '@truetuple/core';
import {
  documentedRates,
  fakePod,
  SimulatedEc2,
  type FakeKernel,
  type ManualClock,
} from '@truetuple/core/testing';

/** One pod that is to have an identity. */
export interface RolledPod {
  readonly spec: IdentitySpecInput;
  readonly kernel: FakeKernel;
}

/** An account with the token buckets that are documented, nodes, and as many pods and Elastic IPs. */
export interface RolledRegion {
  readonly ec2: SimulatedEc2;
  readonly pods: readonly RolledPod[];
}

const region = 'eu-central-1';
export const pool = 'media';
/** Of an m5.large 10 addresses, one of them the node's: what 1,000 pods on 72 ENIs need is a larger type's. */
const podsPerInterface = 14;
/** Route tables that get a /32 for each identity. */
export const routeTables = 2;

/** Private IPs exclude each other, as one process for each pod of an ENI needs it. */
export function rolledRegion(clock: ManualClock, count: number): RolledRegion {
  const ec2 = new SimulatedEc2({
    region,
    claimScope: 'privateIp',
    clock,
    requestRates: documentedRates,
    privateIpsPerNetworkInterface: 50,
    routesPerTable: 1_000,
    addressesPerRegion: count,
  });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = Array.from(
    { length: routeTables },
    () => ec2.createRouteTable({ vpcId }).routeTableId,
  );
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.0.0/17' });
  const pods = Array.from({ length: Math.ceil(count / podsPerInterface) }, (_, node) => {
    const { instanceId } = ec2.createInstance();
    ec2.createNetworkInterface({ subnetId, instanceId, deviceIndex: 0 });
    const { macAddress } = ec2.createNetworkInterface({ subnetId, instanceId, deviceIndex: 1 });
    return Array.from({ length: podsPerInterface }, (__, slot) => podOn(macAddress, node, slot));
  })
    .flat()
    .slice(0, count);
  for (let number = 0; number < count; number++) {
    const publicIp = `198.18.${Math.floor(number / 250)}.${1 + (number % 250)}`;
    ec2.allocateAddress({ publicIp, tags: { 'truetuple/pool': pool } });
  }
  return { ec2, pods: pods.map((pod) => ({ ...pod, spec: specOf(pod.name, routeTableIds) })) };
}

function podOn(
  macAddress: string,
  node: number,
  slot: number,
): { readonly name: string; readonly kernel: FakeKernel } {
  const address = `10.0.${64 + Math.floor(node / 2)}.${(node % 2) * 128 + 10 + slot}/17`;
  const links = [{ name: 'net1', macAddress, parent: 'eth1', addresses: [address] }];
  return { name: `gateway-${node}-${slot}`, kernel: fakePod({ links }) };
}

function specOf(name: string, routeTableIds: readonly string[]): IdentitySpecInput {
  return {
    owner: { cluster: 'bench', namespace: 'sip', pod: name, uid: `uid-${name}` },
    pool,
    region,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds },
  };
}
