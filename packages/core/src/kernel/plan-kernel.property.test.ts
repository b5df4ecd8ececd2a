import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeliveryPlan } from '../identity/delivery.ts';
import type { HeldDeliveryTable } from './delivery-table.ts';
import { parseIpv4Address, type Cidr, type Ipv4Address } from '../identity/address.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import type { FakeRoute } from '../testing/fake-kernel/fake-world.ts';
import type { LinkAddress, SourceRule } from './kernel-port.ts';
import { planKernel, type WantedLink } from './plan-kernel.ts';

const identities = [1, 2, 3].map((n) => ({
  privateIp: parseIpv4Address(`10.0.2.${127 + n}`),
  publicIp: parseIpv4Address(`203.0.113.${49 + n}`),
}));
const addresses = identities.flatMap(({ privateIp, publicIp }) => [privateIp, publicIp]);
const link = {
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  subnetCidr: '10.0.2.0/24' as Cidr,
};

const protocols = fc.constantFrom(2, 4, 227);
const anyRule: fc.Arbitrary<SourceRule> = fc.record({
  priority: fc.constantFrom(50, 100, 101, 200),
  from: fc.constantFrom(...addresses.map((address) => `${address}/32` as Cidr)),
  table: fc.constantFrom(200, 201),
  protocol: protocols,
  hasMore: fc.boolean(),
});
const anyRoute: fc.Arbitrary<FakeRoute> = fc.record(
  {
    table: fc.constant(200),
    type: fc.constantFrom('unicast' as const, 'unreachable' as const, 'blackhole' as const),
    destination: fc.constantFrom(
      ...['0.0.0.0/0', '10.0.2.0/24', '10.0.0.0/16', '10.9.0.0/16'].map((cidr) => cidr as Cidr),
    ),
    linkIndex: fc.constantFrom(2, 3),
    gateway: fc.constantFrom<Ipv4Address>(link.gateway, parseIpv4Address('10.0.2.2')),
    scope: fc.constantFrom('global' as const, 'link' as const),
    metric: fc.constantFrom(0, 10, 0xffff_ffff),
    mtu: fc.constantFrom(1500, 9001),
    onlink: fc.constant(true),
    protocol: protocols,
  },
  { requiredKeys: ['table', 'type', 'destination', 'scope', 'metric', 'onlink', 'protocol'] },
);
const anyDelivery: fc.Arbitrary<DeliveryPlan> = fc.constantFrom<DeliveryPlan>(
  { delivery: 'both' },
  { delivery: 'dnat' },
  { delivery: 'any', ports: [{ protocol: 'tcp', first: 5061, last: 5061 }] },
  { delivery: 'translate', routedCidrs: ['10.0.1.0/24' as Cidr] },
  { delivery: 'translate', routedCidrs: ['10.0.3.0/24' as Cidr, '10.0.1.0/24' as Cidr] },
  {
    delivery: 'rule',
    routedCidrs: ['10.0.1.0/24' as Cidr],
    ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
  },
);
/** Some of the identities, each with a delivery of its own; `rule` never beside another. */
const anyIdentities: fc.Arbitrary<WantedLink['identities']> = fc
  .tuple(fc.subarray(identities), fc.array(anyDelivery, { minLength: 3, maxLength: 3 }))
  .map(([held, plans]) =>
    held.map((identity, index) => {
      const plan = plans[index];
      const isAlone = held.length === 1 || plan?.delivery !== 'rule';
      return { ...identity, ...(isAlone ? plan : {}) };
    }),
  );
const anyTable: fc.Arbitrary<HeldDeliveryTable> = fc
  .constantFrom(...identities)
  .map(({ publicIp }) => ({ publicIp }));
const anyScope = fc.constantFrom<LinkAddress['scope']>('global', 'link', 'host');

/** A pod whose table, rules and addresses someone has been at before. */
const anyPod: fc.Arbitrary<FakeKernel> = fc
  .record({
    rules: fc.array(anyRule, { maxLength: 8 }),
    routes: fc.array(anyRoute, { maxLength: 8 }),
    held: fc.array(fc.tuple(fc.constantFrom(...identities), anyScope), { maxLength: 3 }),
    tables: fc.array(anyTable, { maxLength: 2 }),
    up: fc.boolean(),
  })
  .map(({ rules, routes, held, tables, up }) => {
    const kernel = fakePod();
    for (const { privateIp } of identities.slice(1)) kernel.addAddress('net1', `${privateIp}/24`);
    for (const [{ publicIp }, scope] of new Map(held.map((pair) => [pair[0], pair])).values()) {
      kernel.addAddress('net1', `${publicIp}/32`, scope);
    }
    for (const rule of rules) kernel.addRule(rule, { exclusive: false });
    for (const route of routes) kernel.addRoute(route);
    for (const { publicIp } of tables) kernel.spoilDeliveryTable(publicIp);
    if (!up) kernel.setLinkUp('net1', false);
    kernel.setLinkUp('net1', true);
    return kernel;
  });
const anyWanted: fc.Arbitrary<WantedLink> = fc.record({
  table: fc.constant(link.table),
  gateway: fc.constant(link.gateway),
  subnetCidr: fc.constant(link.subnetCidr),
  vpcCidrs: fc.subarray(['10.0.0.0/16' as Cidr, '10.9.0.0/16' as Cidr, link.subnetCidr]),
  identities: anyIdentities,
  releasing: fc.subarray(identities),
});

async function apply(kernel: FakeKernel, wanted: WantedLink): Promise<number> {
  const state = await kernel.observe('net1', wanted.table);
  const steps = state === undefined ? [] : planKernel(state, wanted);
  for (const step of steps) await kernel.apply(step);
  return steps.length;
}

/** All that no plan may touch; a route of others where ours must be is replaced by design. */
function foreign(kernel: FakeKernel): unknown[] {
  const { rules, routes } = kernel.snapshot();
  return [
    ...rules.filter((rule) => rule.protocol !== 227 || rule.hasMore),
    ...routes.filter((route) => route.protocol !== 227 && !isOurPlace(route)),
  ];
}

function isOurPlace({ destination, metric }: FakeRoute): boolean {
  const places = ['0.0.0.0/0', '10.0.2.0/24', '10.0.0.0/16', '10.9.0.0/16', '10.0.1.0/24'];
  return places.includes(destination) && (metric === 0 || metric === 0xffff_ffff);
}

const internet = parseIpv4Address('198.51.100.50');

describe('planKernel from any state', () => {
  it('settles in one round', async () => {
    await fc.assert(
      fc.asyncProperty(anyPod, anyWanted, async (kernel, wanted) => {
        await apply(kernel, wanted);
        expect(await apply(kernel, wanted)).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it('never touches what others installed, except a route where ours must be', async () => {
    await fc.assert(
      fc.asyncProperty(anyPod, anyWanted, async (kernel, wanted) => {
        const before = foreign(kernel);
        await apply(kernel, wanted);
        expect(foreign(kernel)).toEqual(before);
      }),
      { numRuns: 200 },
    );
  });

  it('lets nothing leave by eth0 at any moment of a release', async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(identities, { minLength: 1 }), async (held) => {
        const kernel = fakePod();
        for (const { privateIp } of identities.slice(1))
          kernel.addAddress('net1', `${privateIp}/24`);
        const wanted = {
          ...link,
          vpcCidrs: ['10.0.0.0/16' as Cidr],
          identities: held,
          releasing: [],
        };
        await apply(kernel, wanted);
        const sources = held.map(({ privateIp }) => privateIp);
        const leaks: unknown[] = [];
        const state = await kernel.observe('net1', wanted.table);
        if (state === undefined) throw new Error('no net1');
        for (const step of planKernel(state, { ...wanted, identities: [], releasing: held })) {
          await kernel.apply(step);
          for (const from of sources) {
            const decision = await kernel.lookupRoute({ from, to: internet });
            if (decision.kind === 'link' && decision.linkName !== 'net1') leaks.push(decision);
          }
        }
        expect(leaks).toEqual([]);
      }),
    );
  });

  it('leaves the others whole when any of several identities is released', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.subarray(identities, { minLength: 2 }),
        fc.constantFrom<DeliveryPlan>(
          { delivery: 'both' },
          { delivery: 'dnat' },
          { delivery: 'translate', routedCidrs: ['10.0.1.0/24' as Cidr] },
        ),
        fc.nat(),
        async (held, plan, choice) => {
          const kernel = fakePod();
          for (const { privateIp } of identities.slice(1)) {
            kernel.addAddress('net1', `${privateIp}/24`);
          }
          const wanted = {
            ...link,
            vpcCidrs: ['10.0.0.0/16' as Cidr],
            identities: held.map((identity) => ({ ...identity, ...plan })),
            releasing: [],
          };
          await apply(kernel, wanted);
          const leaving = held[choice % held.length];
          if (leaving === undefined) throw new Error('nobody leaves');
          const before = kernel.snapshot();
          await apply(kernel, { ...wanted, identities: [], releasing: [leaving] });
          for (const { addresses: list } of before.links) {
            const place = list.findIndex(({ address }) => address === leaving.publicIp);
            if (place !== -1) list.splice(place, 1);
          }
          before.deliveryTables = before.deliveryTables.filter(
            ({ publicIp }) => publicIp !== leaving.publicIp,
          );
          expect(JSON.stringify(kernel.snapshot())).toBe(JSON.stringify(before));
        },
      ),
    );
  });
});
