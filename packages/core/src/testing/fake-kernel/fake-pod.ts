import { hostCidr, parseIpv4Address, type Cidr } from '../../identity/address.ts';
import { defaultDestination } from '../../kernel/kernel-step.ts';
import { FakeKernel } from './fake-kernel.ts';
import type { FakeLinkSetup } from './fake-link-setup.ts';
import type { FakeNode } from './fake-node.ts';
import { mainTable, type FakeRoute } from './fake-world.ts';

/** The links of a fake pod beside eth0, and the node that it is on. */
export interface FakePodSetup {
  readonly node?: FakeNode;
  /** Multus links besides eth0; default net1 with 10.0.2.128/24 on the node's eth1. */
  readonly links?: readonly FakeLinkSetup[];
}

/** A namespace as a pod's is on EKS: eth0 with the default route (VPC CNI), and net1 without one (Multus). */
export function fakePod(setup: FakePodSetup = {}): FakeKernel {
  const eth0: FakeLinkSetup = { name: 'eth0', index: 2, addresses: ['10.0.1.50/32'] };
  const net1: FakeLinkSetup = { name: 'net1', parent: 'eth1', addresses: ['10.0.2.128/24'] };
  const links = [eth0, ...(setup.links ?? [net1])];
  const kernel = new FakeKernel(setup.node === undefined ? { links } : { links, node: setup.node });
  const nodeGateway = parseIpv4Address('169.254.1.1');
  kernel.addRoute(eth0Route(hostCidr(nodeGateway)));
  kernel.addRoute({ ...eth0Route(defaultDestination), scope: 'global', gateway: nodeGateway });
  return kernel;
}

function eth0Route(destination: Cidr): FakeRoute {
  return {
    table: mainTable,
    type: 'unicast',
    destination,
    linkIndex: 2,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: 4,
  };
}
