import { poolTagKey } from '../identity/owner.ts';
import type { IdentitySpecInput } from '../identity/identity-spec.ts';
import type { Clock } from '../identity/clock.ts';
import type { NodePorts } from '../node-ports.ts';
import { FakeClock } from './fake-clock.ts';
import type { FakeKernel } from './fake-kernel/fake-kernel.ts';
import { fakePod } from './fake-kernel/fake-pod.ts';
import type { FakeInternet } from './fake-internet/fake-internet.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { podInternet } from './pod-internet.ts';
import { SimulatedEc2, type SimulatedEc2Options } from './simulated-ec2/simulated-ec2.ts';
import { simulatedNode } from './simulated-node.ts';

/** What of a simulated pod shall be otherwise. */
export interface SimulatedPodSetup {
  /** Elastic IPs of the pool; default one, 203.0.113.50. */
  readonly pool?: readonly string[];
  /** Default: `claimScope` eni. */
  readonly ec2?: Partial<SimulatedEc2Options>;
}

export interface ClockedPodSetup<C extends Clock> extends SimulatedPodSetup {
  readonly clock: C;
}

/**
 * A pod with eth0 and net1 (10.0.2.128) on a node in a VPC 10.0.0.0/16, all in memory. Of IPv6 the VPC has
 * 2001:db8:0:200::/56, net1's subnet 2001:db8:0:202::/64, net1 nothing.
 */
export interface SimulatedPod<C extends Clock = FakeClock> {
  /** What to give to ensurePublicIdentity; change what your test is about. */
  readonly spec: IdentitySpecInput;
  readonly node: NodePorts;
  readonly ec2: SimulatedEc2;
  readonly kernel: FakeKernel;
  readonly clock: C;
  readonly publisher: MemoryPublisher;
  /** What net1 and eth0 lead to; nobody is there until you add a STUN server. */
  readonly internet: FakeInternet;
}

const region = 'eu-central-1';
const pool = 'media';
/** An ipvlan link has its parent's MAC, which is the ENI's. */
const macAddress = '02:00:00:00:02:0a';

/** With a FakeClock. */
export function simulatedPod(setup?: SimulatedPodSetup): SimulatedPod;
/** With this clock. */
export function simulatedPod<C extends Clock>(setup: ClockedPodSetup<C>): SimulatedPod<C>;
export function simulatedPod(
  setup: SimulatedPodSetup & { readonly clock?: Clock } = {},
): SimulatedPod<Clock> {
  const clock = setup.clock ?? new FakeClock();
  const ec2 = new SimulatedEc2({ region, claimScope: 'eni', clock, ...setup.ec2 });
  const routeTableId = buildVpc(ec2);
  for (const publicIp of setup.pool ?? ['203.0.113.50']) {
    ec2.allocateAddress({ publicIp, tags: { [poolTagKey]: pool } });
  }
  const kernel = fakePod({
    links: [{ name: 'net1', macAddress, parent: 'eth1', addresses: ['10.0.2.128/24'] }],
  });
  const publisher = new MemoryPublisher();
  const internet = podInternet({ kernel, ec2 });
  return {
    spec: {
      owner: { cluster: 'test', namespace: 'sip', pod: 'gateway-0', uid: 'uid-gateway-0' },
      pool,
      region,
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds: [routeTableId] },
    },
    node: simulatedNode({ ec2, kernel, clock, publisher, datagrams: internet }),
    ec2,
    kernel,
    clock,
    publisher,
    internet,
  };
}

/** One instance with the node's ENI in a private subnet and the media ENI in a public one. */
function buildVpc(ec2: SimulatedEc2): string {
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16', ipv6Cidr: '2001:db8:0:200::/56' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const privateSubnet = ec2.createSubnet({ vpcId, cidr: '10.0.1.0/24', routeTableId });
  const ipv6Cidr = '2001:db8:0:202::/64';
  const publicSubnet = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24', ipv6Cidr });
  const { instanceId } = ec2.createInstance();
  ec2.createNetworkInterface({
    subnetId: privateSubnet.subnetId,
    privateIpAddress: '10.0.1.10',
    instanceId,
    deviceIndex: 0,
  });
  ec2.createNetworkInterface({
    subnetId: publicSubnet.subnetId,
    privateIpAddress: '10.0.2.10',
    macAddress,
    instanceId,
    deviceIndex: 1,
  });
  return routeTableId;
}
