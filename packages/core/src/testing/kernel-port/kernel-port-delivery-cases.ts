import assert from 'node:assert/strict';
import { parseIpv4Address, type Cidr } from '../../identity/address.ts';
import type { BoundPorts, DeliveryPlan } from '../../identity/delivery.ts';
import type { KernelPort } from '../../kernel/kernel-port.ts';
import type { WantedLink } from '../../kernel/wanted-link.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  observed,
  type KernelPortCase,
} from './kernel-port-contract.ts';

const { privateIp, publicIp } = contractIdentity;
const second = {
  privateIp: parseIpv4Address('10.0.2.129'),
  publicIp: parseIpv4Address('203.0.113.51'),
};
const routedCidrs = ['10.0.3.0/24', '10.0.1.0/24'] as Cidr[];
const sip: BoundPorts = { protocol: 'udp', first: 5060, last: 5060 };
const rtp: BoundPorts = { protocol: 'udp', first: 16_384, last: 32_767 };
const tls: BoundPorts = { protocol: 'tcp', first: 5061, last: 5061 };

const translate: DeliveryPlan = { delivery: 'translate', routedCidrs };
const dnat: DeliveryPlan = { delivery: 'dnat' };
const rule: DeliveryPlan = { delivery: 'rule', routedCidrs, ports: [sip, rtp, tls] };

function wanting(plan: DeliveryPlan, identity = contractIdentity): WantedLink {
  return { ...contractLink, identities: [{ ...identity, ...plan }] };
}
const released: WantedLink = { ...contractLink, identities: [], releasing: [contractIdentity] };

async function kinds(kernel: KernelPort, wanted: WantedLink): Promise<string[]> {
  return (await applyPlan(kernel, wanted)).map(({ kind }) => kind);
}

/** Without what the kernel gives in an order of its own. */
async function settled(kernel: KernelPort): Promise<unknown> {
  const state = await observed(kernel);
  return { ...state, routes: state.routes.map((route) => JSON.stringify(route)).toSorted() };
}

const tables: KernelPortCase[] = [
  {
    title:
      'translate makes a table before the address is there, reads it back, and plans nothing more',
    async run({ kernel }) {
      const steps = await kinds(kernel, wanting(translate));
      const place = steps.indexOf('replace-delivery-table');
      assert.ok(place !== -1 && place < steps.indexOf('add-address'), steps.join(' '));
      assert.deepEqual(await kinds(kernel, wanting(translate)), []);
      assert.deepEqual((await observed(kernel)).deliveryTables, [
        {
          publicIp,
          does: {
            mode: 'translate',
            linkName: 'net1',
            privateIp,
            publicIp,
            routedCidrs: ['10.0.1.0/24', '10.0.3.0/24'],
          },
        },
      ]);
    },
  },
  {
    title: 'dnat makes a table and reads it back',
    async run({ kernel }) {
      await applyPlan(kernel, wanting(dnat));
      assert.deepEqual(await kinds(kernel, wanting(dnat)), []);
      const does = { mode: 'dnat', linkName: 'net1', privateIp, publicIp, routedCidrs: [] };
      assert.deepEqual((await observed(kernel)).deliveryTables, [{ publicIp, does }]);
    },
  },
  ...[translate, dnat].flatMap((plan): KernelPortCase[] => [
    {
      title: `a ${plan.delivery} table that is taken away is made again, and nothing else`,
      async run({ kernel, removeDeliveryTable }) {
        await applyPlan(kernel, wanting(plan));
        const before = await settled(kernel);
        await removeDeliveryTable(publicIp);
        assert.deepEqual((await observed(kernel)).deliveryTables, []);
        assert.deepEqual(await kinds(kernel, wanting(plan)), ['replace-delivery-table']);
        assert.deepEqual(await settled(kernel), before);
      },
    },
    {
      title: `a ${plan.delivery} table that somebody changed is read as no more than its name, and made anew`,
      async run({ kernel, spoilDeliveryTable }) {
        await applyPlan(kernel, wanting(plan));
        const before = await settled(kernel);
        await spoilDeliveryTable(publicIp);
        assert.deepEqual((await observed(kernel)).deliveryTables, [{ publicIp }]);
        assert.deepEqual(await kinds(kernel, wanting(plan)), ['replace-delivery-table']);
        assert.deepEqual(await settled(kernel), before);
      },
    },
    {
      title: `release of ${plan.delivery} takes the table after the address; both steps may be applied twice`,
      async run({ kernel }) {
        const up = await applyPlan(kernel, wanting(plan));
        for (const step of up) await kernel.apply(step);
        assert.deepEqual(await kinds(kernel, wanting(plan)), []);
        const down = await applyPlan(kernel, released);
        const order = down.map(({ kind }) => kind);
        assert.ok(order.indexOf('remove-address') < order.indexOf('remove-delivery-table'));
        assert.deepEqual((await observed(kernel)).deliveryTables, []);
        for (const step of down) await kernel.apply(step);
        assert.deepEqual(await kinds(kernel, released), []);
      },
    },
  ]),
  {
    title: 'releasing one of two translated identities leaves the other as it was',
    async run({ kernel }) {
      await applyPlan(kernel, wanting(translate, second));
      const before = await settled(kernel);
      await applyPlan(kernel, wanting(translate));
      const both = await observed(kernel);
      assert.deepEqual(
        both.deliveryTables?.map((table) => [table.publicIp, table.does?.privateIp]),
        [
          [publicIp, privateIp],
          [second.publicIp, second.privateIp],
        ],
      );
      assert.deepEqual(await kinds(kernel, wanting(translate, second)), []);
      await applyPlan(kernel, released);
      const after = await observed(kernel);
      const isOther = ({ from = '' }: { from?: string }): boolean =>
        ![privateIp, publicIp].map((address) => `${address}/32`).includes(from);
      const routes = after.routes.map((route) => JSON.stringify(route)).toSorted();
      assert.deepEqual({ ...after, routes, rules: after.rules.filter(isOther) }, before);
      assert.deepEqual(await kinds(kernel, wanting(translate, second)), []);
    },
  },
  {
    title: 'another delivery of the same identity replaces the table, or takes it away',
    async run({ kernel }) {
      await applyPlan(kernel, wanting(translate));
      assert.deepEqual(await kinds(kernel, wanting(dnat)), ['replace-delivery-table']);
      assert.deepEqual(await kinds(kernel, wanting({ delivery: 'both' })), [
        'remove-delivery-table',
      ]);
      const narrower = { ...translate, routedCidrs: routedCidrs.slice(0, 1) };
      await applyPlan(kernel, wanting(translate));
      assert.deepEqual(await kinds(kernel, wanting(narrower)), ['replace-delivery-table']);
    },
  },
];

const rules: KernelPortCase[] = [
  {
    title:
      'rule makes routes with sources and rules on ports, reads them back, and plans nothing more',
    async run({ kernel }) {
      await applyPlan(kernel, wanting(rule));
      assert.deepEqual(await kinds(kernel, wanting(rule)), []);
      const state = await observed(kernel);
      const sources = state.routes.map(({ destination, source = '' }) => [destination, source]);
      assert.deepEqual(Object.fromEntries(sources.filter(([, source]) => source !== '')), {
        '10.0.2.0/24': privateIp,
        '10.0.0.0/16': privateIp,
        '0.0.0.0/0': privateIp,
        '10.0.1.0/24': publicIp,
        '10.0.3.0/24': publicIp,
      });
      assert.deepEqual(
        state.rules.flatMap(({ ports, from, hasMore }) =>
          ports ? [{ ports, from, hasMore }] : [],
        ),
        [sip, rtp, tls].map((ports) => ({ ports, from: '0.0.0.0/32', hasMore: false })),
      );
    },
  },
  {
    title: 'rule after a flap: the routes come back with their sources, the rules stayed',
    async run({ kernel, setLinkUp }) {
      await applyPlan(kernel, wanting(rule));
      const before = await settled(kernel);
      await setLinkUp('net1', false);
      await setLinkUp('net1', true);
      const steps = new Set(await kinds(kernel, wanting(rule)));
      assert.deepEqual([...steps], ['replace-route']);
      assert.deepEqual(await settled(kernel), before);
    },
  },
  {
    title: 'other ports replace those of before; another delivery takes rules and sources away',
    async run({ kernel }) {
      await applyPlan(kernel, wanting({ delivery: 'both' }));
      const plain = await settled(kernel);
      await applyPlan(kernel, wanting(rule));
      assert.deepEqual(await kinds(kernel, wanting({ ...rule, ports: [sip, tls] })), [
        'remove-rule',
      ]);
      await applyPlan(kernel, wanting({ delivery: 'both' }));
      assert.deepEqual(await settled(kernel), plain);
    },
  },
  {
    title: 'release of rule leaves the rules on ports, which then lead to the closed table',
    async run({ kernel }) {
      const up = await applyPlan(kernel, wanting(rule));
      for (const step of up) await kernel.apply(step);
      await applyPlan(kernel, released);
      const state = await observed(kernel);
      assert.equal(state.rules.filter(({ ports }) => ports !== undefined).length, 3);
      assert.deepEqual(
        state.routes.map(({ type }) => type),
        ['unreachable'],
      );
    },
  },
  {
    title: 'a source that is no address of the namespace is refused',
    async run({ kernel }) {
      const { linkIndex, linkName } = await observed(kernel);
      const route = kernel.apply({
        kind: 'replace-route',
        table: 200,
        destination: '10.9.0.0/16' as Cidr,
        linkIndex,
        linkName,
        scope: 'link',
        source: publicIp,
        onlink: false,
      });
      await assert.rejects(route, { code: 'KernelRefused' });
    },
  },
];

/** What a KernelPort must do for the deliveries other than `both`. */
export const kernelPortDeliveryCases: readonly KernelPortCase[] = [...tables, ...rules];
