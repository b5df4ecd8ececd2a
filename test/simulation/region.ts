import { poolTagKey, type Ipv4Address } from '@truetuple/core';
import { FakeNode, SimulatedEc2 } from '@truetuple/core/testing';
import { foreignIpv6, subnetIpv6Cidr, vpcIpv6Cidr } from './dual-stack/ipv6-setting.ts';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';
import type { SimulatedHost } from './simulated-host.ts';

export const regionName = 'eu-central-1';
export const poolName = 'media';
/** How old what a stale read shows can be. */
export const staleMs = 10_000;

/** A region with a VPC, a pool, and things that are not ours. */
export interface Region {
  readonly ec2: SimulatedEc2;
  readonly subnetId: string;
  readonly routeTableIds: readonly string[];
  /** Things that nobody of the simulation may touch, by id. */
  readonly foreign: ReadonlySet<string>;
  /** Where a thief takes addresses to. */
  readonly thief: { readonly networkInterfaceId: string; readonly privateIpAddress: string };
  /** How far describes may be behind, in milliseconds. */
  readonly lagMs: number;
  readonly claimScope: 'eni' | 'privateIp';
  /** True when pods have an IPv6 address, too. */
  readonly hasIpv6: boolean;
  /** When another machine had each address of the pool, by its allocation id; see `recallMs`. */
  readonly formerlyHeldMs: Map<string, number>;
  hosts: number;
}

export interface RegionSetup {
  readonly poolSize: number;
  readonly claimScope: 'eni' | 'privateIp';
  readonly lagMs: number;
  /** How far back planted stale reads can see. */
  readonly recallMs: number;
  /** Default false. */
  readonly hasIpv6?: boolean;
  readonly seed: number;
}

/** How long ago, in milliseconds, what a decision rests on may have been so. */
export function fairMs({ lagMs }: Region, isDisturbed: boolean): number {
  return (lagMs === 0 ? 0 : staleMs) + 3000 + (isDisturbed ? 20_000 : 0);
}

export function buildRegion(scheduler: Scheduler, random: Random, setup: RegionSetup): Region {
  const { claimScope, lagMs, hasIpv6 = false } = setup;
  const lag = [0, lagMs] as const;
  const ec2 = new SimulatedEc2({
    region: regionName,
    claimScope,
    occupiedPrivateIp: random.pick(['refuse', 'displace']),
    privateIpTakenCode: random.pick(['InvalidParameterValue', 'Resource.AlreadyAssociated']),
    clock: { elapsed: () => scheduler.nowMs },
    reads: {
      lagMs: { networkInterfaces: lag, addresses: lag, routeTables: lag },
      staleProbability: lagMs === 0 ? 0 : 0.05,
      staleMs,
      reachMs: setup.recallMs,
      seed: setup.seed,
    },
  });
  const ofVpc = hasIpv6 ? { ipv6Cidr: vpcIpv6Cidr } : {};
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ...ofVpc });
  const { internetGatewayId } = ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const ofSubnet = hasIpv6 ? { ipv6Cidr: subnetIpv6Cidr } : {};
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ...ofSubnet });
  for (let index = 1; index <= setup.poolSize; index++) {
    ec2.allocateAddress({ publicIp: `203.0.113.${index}`, tags: { [poolTagKey]: poolName } });
  }
  const foreign = buildForeign(ec2, { subnetId, routeTableIds, gatewayId: internetGatewayId });
  const { networkInterfaceId, privateIpAddress } = ec2.createNetworkInterface({
    subnetId,
    privateIpAddress: '10.0.2.251',
    instanceId: ec2.createInstance().instanceId,
  });
  const thief = { networkInterfaceId, privateIpAddress };
  const more = { formerlyHeldMs: new Map<string, number>(), hosts: 0 };
  return { ec2, subnetId, routeTableIds, foreign, thief, lagMs, claimScope, hasIpv6, ...more };
}

/** An address with no pool and one of another pool, on an instance of others, and routes to them. */
function buildForeign(
  ec2: SimulatedEc2,
  vpc: {
    readonly subnetId: string;
    readonly routeTableIds: readonly string[];
    readonly gatewayId: string;
  },
): Set<string> {
  const { subnetId, routeTableIds, gatewayId } = vpc;
  const { networkInterfaceId } = ec2.createNetworkInterface({
    subnetId,
    privateIpAddress: '10.0.2.250',
    instanceId: ec2.createInstance().instanceId,
  });
  const none = ec2.allocateAddress({ publicIp: '198.51.100.1' });
  const other = ec2.allocateAddress({
    publicIp: '198.51.100.2',
    tags: { [poolTagKey]: 'others', 'truetuple/owner': 'c/n/p/gone/10.0.2.250/assigned/eni-1' },
  });
  for (const routeTableId of routeTableIds) {
    for (const destinationCidrBlock of ['0.0.0.0/0', '198.51.100.1/32']) {
      ec2.createGatewayRoute({ routeTableId, destinationCidrBlock, gatewayId });
    }
  }
  // free, and yet not of the pool
  const free = ec2.allocateAddress({ publicIp: '198.51.100.3' });
  return new Set(
    [none, other, free].map(({ allocationId }) => allocationId).concat(networkInterfaceId),
  );
}

/** What is EC2's own, or the set-up of the machines, before anything has run on them. */
export async function settleForeign(region: Region): Promise<void> {
  const { ec2 } = region;
  const { networkInterfaceId } = ec2
    .snapshot()
    .networkInterfaces.find(({ networkInterfaceId: id }) => region.foreign.has(id)) ?? {
    networkInterfaceId: '',
  };
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: ['10.0.2.249'] });
  for (const { allocationId, publicIp } of ec2.snapshot().addresses) {
    if (!region.foreign.has(allocationId) || publicIp === '198.51.100.3') continue;
    const privateIpAddress = publicIp === '198.51.100.1' ? '10.0.2.250' : '10.0.2.249';
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
  }
  const [routeTableId = ''] = region.routeTableIds;
  const destinationCidrBlock = '198.51.100.2/32';
  await ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
}

/** Each address of the pool is another machine's for a moment, one after the other, before there are pods. */
export async function passAround(region: Region, scheduler: Scheduler): Promise<void> {
  const { ec2, foreign, thief } = region;
  for (const { allocationId } of ec2.snapshot().addresses) {
    if (foreign.has(allocationId)) continue;
    const { associationId } = await ec2.associateAddress({ allocationId, ...thief });
    region.formerlyHeldMs.set(allocationId, scheduler.nowMs + 400);
    await scheduler.runUntil(scheduler.nowMs + 800);
    await ec2.disassociateAddress({ associationId });
  }
}

/** Eight private IPs a host: 10.0.2.(16 + 8 n) and up; a foreign one beside them where the ENI is not ours. */
export async function addHost(region: Region, isTagged: boolean): Promise<SimulatedHost> {
  const { ec2, subnetId } = region;
  const number = region.hosts++;
  const first = 24 + 8 * number;
  const { instanceId } = ec2.createInstance();
  const { networkInterfaceId, macAddress } = ec2.createNetworkInterface({
    subnetId,
    privateIpAddress: `10.0.2.${first}`,
    instanceId,
    deviceIndex: 1,
    tags: isTagged ? { [poolTagKey]: poolName } : {},
  });
  const range = [1, 2, 3, 4, 5, 6].map((offset) => `10.0.2.${first + offset}` as Ipv4Address);
  // of a hand that prepared the node; and one of others
  const prepared = isTagged
    ? []
    : [...range.filter((_, at) => at % 2 === 0), `10.0.2.${first + 7}`];
  if (prepared.length > 0) {
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: prepared });
  }
  if (region.hasIpv6) {
    await ec2.assignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [foreignIpv6(number)] });
  }
  return {
    name: `node-${number}`,
    links: new FakeNode(),
    instanceId,
    networkInterfaceId,
    macAddress,
    isTagged,
    prepared,
    range,
    free: [...range],
    partitionedUntilMs: 0,
    storeCutUntilMs: 0,
    isLost: false,
    clockOffsetMs: 0,
  };
}
