import assert from 'node:assert/strict';
import { parseIpv4Address } from '../../identity/address.ts';
import type { KernelPort, NeighbourEntry, WatchOptions } from '../../kernel/kernel-port.ts';
import { contractLink, type KernelPortCase } from './kernel-port-contract.ts';

const { gateway } = contractLink;
const other = parseIpv4Address('10.0.2.9');
const known: NeighbourEntry = { state: 'permanent', macAddress: '02:00:00:00:02:01' };
const failed: NeighbourEntry = { state: 'failed', macAddress: undefined };
const ofGateway = { linkName: 'net1', address: gateway };

/** What a KernelPort says of the neighbour table. */
export const kernelPortNeighbourCases: readonly KernelPortCase[] = [
  {
    title: 'a neighbour that nobody asked for, or on a link that is not there, has no entry',
    async run({ kernel, setNeighbour }) {
      await setNeighbour('net1', other, known);
      await setNeighbour('eth0', gateway, known);
      assert.equal(await kernel.lookupNeighbour(ofGateway), undefined);
      const nowhere = { linkName: 'net9', address: gateway };
      assert.equal(await kernel.lookupNeighbour(nowhere), undefined);
    },
  },
  {
    title: 'a neighbour is shown as the kernel has it, until it is forgotten',
    async run({ kernel, setNeighbour }) {
      await setNeighbour('net1', gateway, known);
      assert.deepEqual(await kernel.lookupNeighbour(ofGateway), known);
      await setNeighbour('net1', gateway, failed);
      assert.deepEqual(await kernel.lookupNeighbour(ofGateway), failed);
      await setNeighbour('net1', gateway, undefined);
      assert.equal(await kernel.lookupNeighbour(ofGateway), undefined);
    },
  },
  {
    title: 'a link that goes down forgets its neighbours',
    async run({ kernel, setNeighbour, setLinkUp }) {
      await setNeighbour('net1', gateway, known);
      await setLinkUp('net1', false);
      assert.equal(await kernel.lookupNeighbour(ofGateway), undefined);
    },
  },
  {
    title: 'a watch tells of the neighbours that it asks for, known or failed, and of no others',
    async run({ kernel, setNeighbour }) {
      const told = { none: 0, other: 0 };
      kernel.watch(() => (told.none += 1));
      kernel.watch(() => (told.other += 1), { neighbours: [other] });
      const changes = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? known : failed));
      for (const entry of changes) {
        const next = nextChange(kernel, { neighbours: [gateway, other] });
        await setNeighbour('net1', gateway, entry);
        await next;
      }
      // a link that was just made has changes of its own
      assert.ok(told.none < 10 && told.other < 10, JSON.stringify(told));
    },
  },
];

function nextChange(kernel: KernelPort, options: WatchOptions): Promise<void> {
  return new Promise((resolve) => {
    const watch = kernel.watch(() => {
      watch.close();
      resolve();
    }, options);
  });
}
