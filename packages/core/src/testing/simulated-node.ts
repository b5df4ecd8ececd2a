import { directGrant } from '../cloud/direct-grant.ts';
import type { Ec2Api } from '../cloud/ec2/ec2-api.ts';
import type { Clock } from '../identity/clock.ts';
import type { Publisher } from '../identity/publisher.ts';
import type { KernelPort, KernelWatch } from '../kernel/kernel-port.ts';
import type { NodePorts } from '../node-ports.ts';
import type { DatagramPort } from '../verify/datagram-port.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeInternet } from './fake-internet/fake-internet.ts';
import { MemoryPublisher } from './memory-publisher.ts';
import { seededRandom } from './simulated-ec2/seeded-random.ts';

/** What a simulated node is made of. */
export interface SimulatedNodeParts {
  readonly ec2: Ec2Api;
  readonly kernel: KernelPort;
  readonly clock?: Clock;
  readonly publisher?: Publisher;
  /** Default: an Internet with nobody in it. */
  readonly datagrams?: DatagramPort;
}

/** The ports of a node that exists only in memory: no AWS, no root, no cluster. */
export function simulatedNode(parts: SimulatedNodeParts): NodePorts {
  const clock = parts.clock ?? new FakeClock();
  const publisher = parts.publisher ?? new MemoryPublisher();
  const { ec2, kernel } = parts;
  const random = seededRandom(1);
  return {
    clock,
    openGrant: async () => directGrant({ ec2, clock }),
    // a verb closes the kernel it opened; the fake outlives it
    openKernel: async () => lendKernel(kernel),
    openPublisher: () => publisher,
    openEc2: async () => ec2,
    datagrams: parts.datagrams ?? new FakeInternet(),
    randomBytes: (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256)),
  };
}

function lendKernel(kernel: KernelPort): KernelPort {
  const watches = new Set<KernelWatch>();
  return {
    observe: (linkName, table) => kernel.observe(linkName, table),
    linkWith: (address) => kernel.linkWith(address),
    apply: (step) => kernel.apply(step),
    lookupRoute: (query) => kernel.lookupRoute(query),
    lookupNeighbour: (query) => kernel.lookupNeighbour(query),
    watch: (onChange, options) => {
      const watch = kernel.watch(onChange, options);
      watches.add(watch);
      return watch;
    },
    close: () => {
      for (const watch of watches) watch.close();
    },
  };
}
