import assert from 'node:assert/strict';
import { parseIpv4Address, type Cidr } from '../../identity/address.ts';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import {
  applyPlan,
  byNet1,
  contractIdentity,
  contractLink,
  contractVpcPeer,
  fromPrivate,
  observed,
  refused,
  type KernelPortCase,
} from './kernel-port-contract.ts';
import { kernelPortDeliveryCases } from './kernel-port-delivery-cases.ts';
import { kernelPortForeignRouteCases } from './kernel-port-foreign-route-cases.ts';
import { kernelPortGatewayCases } from './kernel-port-gateway-cases.ts';
import { kernelPortIpv6Cases } from './kernel-port-ipv6-cases.ts';
import { kernelPortLossCases } from './kernel-port-loss-cases.ts';
import { kernelPortNeighbourCases } from './kernel-port-neighbour-cases.ts';
import { kernelPortSettingCases } from './kernel-port-setting-cases.ts';
import { kernelPortWatchCases } from './kernel-port-watch-cases.ts';

const { privateIp, publicIp } = contractIdentity;

const observing: KernelPortCase[] = [
  {
    title: 'observe gives undefined for a link that is not there',
    async run({ kernel }) {
      assert.equal(await kernel.observe('net9', 200), undefined);
    },
  },
  {
    title:
      'observe reads the link, its addresses, the rules in their order, and no routes of others',
    async run({ kernel }) {
      const state = await observed(kernel);
      assert.equal(state.linkName, 'net1');
      assert.equal(state.mtu, 9001);
      assert.deepEqual([state.up, state.lowerUp], [true, true]);
      assert.match(state.macAddress, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
      assert.deepEqual(state.addresses, [
        { address: '10.0.2.128', prefixLength: 24, scope: 'global' },
        { address: '10.0.2.129', prefixLength: 24, scope: 'global' },
      ]);
      assert.deepEqual(state.routes, []);
      assert.deepEqual(state.deliveryTables, []);
      assert.deepEqual(state.rules, [
        { priority: 0, table: 255, protocol: 2, hasMore: false },
        { priority: 32_766, table: 254, protocol: 2, hasMore: false },
        { priority: 32_767, table: 253, protocol: 2, hasMore: false },
      ]);
    },
  },
];

const applying: KernelPortCase[] = [
  {
    title: 'a plan once applied leaves nothing to plan, and every step is as wanted',
    async run({ kernel }) {
      assert.notDeepEqual(await applyPlan(kernel), []);
      assert.deepEqual(await applyPlan(kernel), []);
      const { settings, addresses, routes } = await observed(kernel);
      assert.deepEqual(settings, { rpFilter: 2, arpAnnounce: 2, arpIgnore: 1 });
      assert.ok(addresses.some((a) => a.address === publicIp && a.scope === 'link'));
      assert.equal(routes.length, 4);
      assert.ok(routes.every(({ protocol }) => protocol === 227));
    },
  },
  {
    title: 'every step, up and down, may be applied twice',
    async run({ kernel }) {
      const up = await applyPlan(kernel);
      const once = await observed(kernel);
      for (const step of up) await kernel.apply(step);
      assert.deepEqual(await observed(kernel), once);
      const down = await applyPlan(kernel, released);
      assert.notDeepEqual(down, []);
      for (const step of down) await kernel.apply(step);
      assert.deepEqual(await applyPlan(kernel, released), []);
    },
  },
  {
    title: 'removing what is not there is done',
    async run({ kernel }) {
      const { linkIndex, linkName } = await observed(kernel);
      const vpc = '10.0.0.0/16' as Cidr;
      const from = `${privateIp}/32` as Cidr;
      await kernel.apply({ kind: 'remove-address', linkIndex, linkName, address: publicIp });
      await kernel.apply({ kind: 'remove-rule', priority: 100, from, table: 200, protocol: 227 });
      await kernel.apply({
        kind: 'remove-route',
        table: 200,
        destination: vpc,
        metric: 0,
        linkIndex,
        linkName,
      });
    },
  },
  {
    title: 'an address that is there with another scope is refused',
    async run({ kernel, addAddress }) {
      await addAddress('net1', `${publicIp}/32`, 'global');
      const { linkIndex, linkName } = await observed(kernel);
      const step: KernelStep = { kind: 'add-address', linkIndex, linkName, address: publicIp };
      await assert.rejects(kernel.apply(step), { code: 'KernelRefused' });
    },
  },
  {
    title: 'a gateway that is not on the link is refused, unless onlink is said',
    async run({ kernel }) {
      const { linkIndex, linkName } = await observed(kernel);
      const step = (onlink: boolean): KernelStep => ({
        kind: 'replace-route',
        table: 201,
        destination: '10.9.0.0/16' as Cidr,
        linkIndex,
        linkName,
        scope: 'global',
        gateway: parseIpv4Address('192.0.2.1'),
        onlink,
      });
      await assert.rejects(kernel.apply(step(false)), { code: 'KernelRefused' });
      await kernel.apply(step(true));
    },
  },
  {
    title: 'remove-route takes the route of its metric and leaves the others',
    async run({ kernel, addRoute }) {
      const { linkIndex, linkName } = await observed(kernel);
      const destination = '10.9.0.0/16' as Cidr;
      for (const metric of [10, 20]) {
        await addRoute({
          table: 200,
          type: 'unicast',
          destination,
          linkIndex,
          scope: 'link',
          metric,
          onlink: false,
          protocol: 227,
        });
      }
      const table = contractLink.table;
      await kernel.apply({
        kind: 'remove-route',
        table,
        destination,
        metric: 20,
        linkIndex,
        linkName,
      });
      const { routes } = await observed(kernel);
      assert.deepEqual(
        routes.map(({ metric }) => metric),
        [10],
      );
    },
  },
  {
    title: 'replaces a route of someone else where ours must be',
    async run({ kernel, addRoute }) {
      const { linkIndex } = await observed(kernel);
      await addRoute({
        table: 200,
        type: 'unicast',
        destination: '0.0.0.0/0' as Cidr,
        linkIndex,
        scope: 'link',
        metric: 0,
        onlink: false,
        protocol: 4,
      });
      await applyPlan(kernel);
      assert.deepEqual(await applyPlan(kernel), []);
      assert.equal((await observed(kernel)).routes.length, 4);
    },
  },
  {
    title: "keeps another program's rule with the same priority and source",
    async run({ kernel, addRule }) {
      const from = `${privateIp}/32` as Cidr;
      const foreign = { priority: 100, from, table: 200, protocol: 4, hasMore: false };
      await addRule(foreign);
      await applyPlan(kernel);
      const { rules } = await observed(kernel);
      assert.deepEqual(
        rules.filter((rule) => rule.from === from),
        [foreign, { ...foreign, protocol: 227 }],
      );
    },
  },
];

const looking: KernelPortCase[] = [
  {
    title: 'lookups follow the source: by eth0 before the plan, by net1 after it',
    async run({ kernel }) {
      const before = await fromPrivate(kernel);
      assert.equal(before.kind === 'link' ? before.linkName : before.reason, 'eth0');
      await applyPlan(kernel);
      assert.deepEqual(await fromPrivate(kernel), byNet1);
      const toVpc = await kernel.lookupRoute({ from: publicIp, to: contractVpcPeer });
      assert.deepEqual(toVpc, byNet1);
      const neighbour = parseIpv4Address('10.0.2.77');
      assert.deepEqual(await kernel.lookupRoute({ from: publicIp, to: neighbour }), {
        kind: 'link',
        linkName: 'net1',
        table: 200,
      });
    },
  },
  {
    title: "a lookup to an own address is local, from somebody else's it is refused",
    async run({ kernel }) {
      const own = await kernel.lookupRoute({ from: privateIp, to: parseIpv4Address('10.0.1.50') });
      assert.deepEqual(own, { kind: 'link', linkName: 'lo', table: 254 });
      const foreign = await kernel.lookupRoute({ from: publicIp, to: contractVpcPeer });
      assert.equal(foreign.kind, 'unreachable');
    },
  },
  {
    title: 'a rule of someone else with a lower priority number wins',
    async run({ kernel, addRule, addRoute }) {
      await applyPlan(kernel);
      const { linkIndex } = await observed(kernel, 'eth0');
      await addRoute({
        table: 77,
        type: 'unicast',
        destination: '0.0.0.0/0' as Cidr,
        linkIndex,
        scope: 'link',
        metric: 0,
        onlink: false,
        protocol: 4,
      });
      await addRule({ priority: 50, table: 77, protocol: 4, hasMore: false });
      const decision = await fromPrivate(kernel);
      assert.deepEqual(decision, { kind: 'link', linkName: 'eth0', table: 77 });
    },
  },
];

const released = { ...contractLink, identities: [], releasing: [contractIdentity] };

const releasing: KernelPortCase[] = [
  {
    title: 'release leaves rules and the fail-closed route, and nothing else',
    async run({ kernel }) {
      await applyPlan(kernel);
      await applyPlan(kernel, released);
      const { addresses, routes, rules } = await observed(kernel);
      assert.ok(addresses.every(({ address }) => address !== publicIp));
      assert.deepEqual(
        routes.map(({ type, metric }) => [type, metric]),
        [['unreachable', 0xffff_ffff]],
      );
      assert.equal(rules.filter(({ protocol }) => protocol === 227).length, 2);
      assert.deepEqual(await fromPrivate(kernel), refused);
    },
  },
];

/** What every KernelPort must do. Needs no test runner. */
export const kernelPortCases: readonly KernelPortCase[] = [
  ...observing,
  ...applying,
  ...looking,
  ...releasing,
  ...kernelPortGatewayCases,
  ...kernelPortDeliveryCases,
  ...kernelPortLossCases,
  ...kernelPortWatchCases,
  ...kernelPortNeighbourCases,
  ...kernelPortIpv6Cases,
  ...kernelPortSettingCases,
  ...kernelPortForeignRouteCases,
];
