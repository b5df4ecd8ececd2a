import assert from 'node:assert/strict';
import type { Cidr } from '../../identity/address.ts';
import type { DeliveryTable } from '../../kernel/delivery-table.ts';
import type { KernelPort } from '../../kernel/kernel-port.ts';
import { failClosedMetric, truetupleProtocol } from '../../kernel/kernel-step.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  type KernelPortCase,
  type KernelWorld,
} from './kernel-port-contract.ts';

const { privateIp, publicIp } = contractIdentity;
const otherNetwork = '192.0.2.0/24' as Cidr;
const closedRoute = {
  table: contractLink.table,
  type: 'unreachable',
  destination: '0.0.0.0/0' as Cidr,
  metric: failClosedMetric,
  protocol: truetupleProtocol,
} as const;

const deliveryTable: DeliveryTable = {
  mode: 'dnat',
  linkName: 'net1',
  privateIp,
  publicIp,
  routedCidrs: [],
};

/** Each thing that others can do to an identity, as a watch must tell it. */
const happenings: readonly {
  readonly what: string;
  /** What has to be there for it, and is not to be told. */
  readonly before?: (world: KernelWorld) => Promise<unknown>;
  readonly act: (world: KernelWorld) => Promise<unknown>;
}[] = [
  { what: 'a link goes down', act: ({ setLinkUp }) => setLinkUp('net1', false) },
  { what: 'a link goes away', act: ({ removeLink }) => removeLink('net1') },
  { what: 'an address goes', act: ({ removeAddress }) => removeAddress('net1', `${publicIp}/32`) },
  {
    what: 'an address comes',
    act: ({ addAddress }) => addAddress('net1', '10.0.2.130/24', 'global'),
  },
  { what: 'the closed route goes', act: ({ removeRoute }) => removeRoute(closedRoute) },
  { what: 'rp_filter of all links changes', act: ({ setAllLinks }) => setAllLinks('rp_filter', 1) },
  {
    what: 'a route of others comes',
    act: ({ addRoute }) =>
      addRoute({
        ...closedRoute,
        destination: otherNetwork,
        metric: 0,
        protocol: 4,
        scope: 'global',
        onlink: false,
      }),
  },
  {
    what: 'a rule of others comes',
    act: ({ addRule }) =>
      addRule({ priority: 50, from: otherNetwork, table: 254, protocol: 4, hasMore: false }),
  },
  {
    what: 'a delivery table goes',
    before: ({ kernel }) => kernel.apply({ kind: 'replace-delivery-table', table: deliveryTable }),
    act: ({ removeDeliveryTable }) => removeDeliveryTable(publicIp),
  },
  {
    what: 'a step is carried out',
    act: ({ kernel }) =>
      kernel.apply({ kind: 'add-rule', priority: 90, from: otherNetwork, table: 200 }),
  },
];

/** What a watch is told, and when. */
export const kernelPortWatchCases: readonly KernelPortCase[] = [
  ...happenings.map(({ what, before, act }): KernelPortCase => ({
    title: `a watch tells when ${what}`,
    async run(world) {
      await applyPlan(world.kernel);
      await before?.(world);
      await quiet(world.kernel);
      const told = nextChange(world.kernel);
      await act(world);
      await told;
    },
  })),
  {
    title: 'a watch tells of many changes made in one go much less often, never within a call',
    async run({ kernel }) {
      await quiet(kernel);
      let told = 0;
      const watch = kernel.watch(() => (told += 1));
      const from = `${privateIp}/32` as Cidr;
      const priorities = Array.from({ length: 40 }, (_, index) => 100 + index);
      const applied = priorities.map((priority) =>
        kernel.apply({ kind: 'add-rule', priority, from, table: 200 }),
      );
      assert.equal(told, 0);
      await Promise.all(applied);
      await quiet(kernel);
      assert.ok(told > 0 && told < 20, `told ${told} times of 40 changes`);
      watch.close();
    },
  },
  {
    title: 'a closed watch tells nothing more; closing it again is nothing',
    async run(world) {
      await quiet(world.kernel);
      let told = 0;
      const watch = world.kernel.watch(() => (told += 1));
      watch.close();
      watch.close();
      await applyPlan(world.kernel);
      await quiet(world.kernel);
      assert.equal(told, 0);
    },
  },
];

/** Resolves with the next change. */
function nextChange(kernel: KernelPort): Promise<void> {
  return new Promise((resolve) => {
    const watch = kernel.watch(() => {
      watch.close();
      resolve();
    });
  });
}

/** Makes a change of its own and waits until it is told: all before it was told too. */
async function quiet(kernel: KernelPort): Promise<void> {
  const from = '198.51.100.0/24' as Cidr;
  const [priority, table, protocol] = [77, 200, truetupleProtocol];
  const told = nextChange(kernel);
  await kernel.apply({ kind: 'add-rule', priority, from, table });
  await told;
  const gone = nextChange(kernel);
  await kernel.apply({ kind: 'remove-rule', priority, from, table, protocol });
  await gone;
}
