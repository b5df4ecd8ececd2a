import assert from 'node:assert/strict';
import type { KernelStep } from '../../kernel/kernel-step.ts';
import { isFailClosedRoute } from '../../kernel/plan-routes.ts';
import {
  applyPlan,
  byNet1,
  contractIdentity,
  contractLink,
  fromPrivate,
  observed,
  refused,
  type KernelPortCase,
} from './kernel-port-contract.ts';

const { publicIp } = contractIdentity;

/** What is left when a link goes down or away, or loses addresses: never a way out by eth0. */
export const kernelPortLossCases: readonly KernelPortCase[] = [
  {
    title:
      'a link that goes down loses its routes; its addresses, the rules and the closed table stay',
    async run({ kernel, setLinkUp }) {
      await applyPlan(kernel);
      const before = await observed(kernel);
      await setLinkUp('net1', false);
      const after = await observed(kernel);
      assert.equal(after.up, false);
      assert.deepEqual(after.addresses, before.addresses);
      assert.deepEqual(after.rules, before.rules);
      assert.deepEqual(after.routes, before.routes.filter(isFailClosedRoute));
      assert.deepEqual(await fromPrivate(kernel), refused);
    },
  },
  {
    title: 'a link that is down takes no route: LinkDown',
    async run({ kernel, setLinkUp }) {
      await setLinkUp('net1', false);
      await assert.rejects(applyPlan(kernel), { code: 'LinkDown' });
      assert.deepEqual(await fromPrivate(kernel), refused);
    },
  },
  {
    title: 'after a flap the plan restores the routes and nothing else',
    async run({ kernel, setLinkUp }) {
      await applyPlan(kernel);
      const before = await observed(kernel);
      await setLinkUp('net1', false);
      await setLinkUp('net1', true);
      assert.deepEqual(await fromPrivate(kernel), refused);
      const steps = await applyPlan(kernel);
      assert.deepEqual(
        steps.map(({ kind }) => kind),
        ['replace-route', 'replace-route', 'replace-route'],
      );
      assert.deepEqual(sorted(await observed(kernel)), sorted(before));
      assert.deepEqual(await fromPrivate(kernel), byNet1);
    },
  },
  {
    title: 'a link that is deleted leaves rules and the closed table; steps on it say LinkNotFound',
    async run({ kernel, removeLink }) {
      await applyPlan(kernel);
      const { linkIndex, linkName } = await observed(kernel);
      await removeLink('net1');
      assert.equal(await kernel.observe('net1', contractLink.table), undefined);
      const { rules, routes } = await observed(kernel, 'eth0');
      assert.equal(rules.filter(({ protocol }) => protocol === 227).length, 2);
      assert.equal(routes.filter(isFailClosedRoute).length, 1);
      const add: KernelStep = { kind: 'add-address', linkIndex, linkName, address: publicIp };
      await assert.rejects(kernel.apply(add), { code: 'LinkNotFound' });
      await kernel.apply({ kind: 'remove-address', linkIndex, linkName, address: publicIp });
    },
  },
  {
    title: 'a link that was renamed is found by the public address that it still has',
    async run({ kernel, setLinkUp, renameLink }) {
      assert.equal(await kernel.linkWith(publicIp), undefined);
      await applyPlan(kernel);
      assert.equal(await kernel.linkWith(publicIp), 'net1');
      await setLinkUp('net1', false);
      await renameLink('net1', 'net1x');
      await setLinkUp('net1x', true);
      assert.equal(await kernel.observe('net1', contractLink.table), undefined);
      assert.equal(await kernel.linkWith(publicIp), 'net1x');
    },
  },
  {
    title: 'the routes stay while any address does, and go with the last one',
    async run({ kernel, removeAddress }) {
      await applyPlan(kernel);
      await removeAddress('net1', '10.0.2.129/24');
      await removeAddress('net1', '10.0.2.128/24');
      assert.equal((await observed(kernel)).routes.length, 4);
      await removeAddress('net1', `${publicIp}/32`);
      assert.deepEqual((await observed(kernel)).routes.length, 1);
    },
  },
];

function sorted<T extends { readonly routes: readonly unknown[] }>(state: T): T {
  return { ...state, routes: state.routes.map((route) => JSON.stringify(route)).toSorted() };
}
