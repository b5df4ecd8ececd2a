import { openUdpPeer } from '@truetuple/lab';
import { describe, expect, it } from 'vitest';
import type { BoundPorts, DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { exchange } from './tuple-matrix-hosts.ts';
import {
  identities,
  routedCidrs,
  twoLinkWorld,
  vpcPeer,
  type PodIdentity,
  type TwoLinkWorld,
} from './two-link-world.ts';

const { first, second, other } = identities;
const sip: BoundPorts = { protocol: 'udp', first: 5060, last: 5060 };
const both: DeliveryPlan = { delivery: 'both' };
const translate: DeliveryPlan = { delivery: 'translate', routedCidrs };
const dnat: DeliveryPlan = { delivery: 'dnat' };
const rule: DeliveryPlan = { delivery: 'rule', routedCidrs, ports: [sip] };

/** What the VPC peer sees of a datagram from a socket of the pod, which then hears the peer's answer. */
async function seenFrom(world: TwoLinkWorld, bound: string): Promise<string> {
  const peer = await openUdpPeer({ namespace: world.vpc, address: vpcPeer, port: 5060 });
  const socket = await openUdpPeer({ namespace: world.pod, address: bound, port: 5060 });
  try {
    const seen = await exchange(socket, peer.tuple, peer);
    expect(seen.callerSaw).toBe(peer.tuple);
    expect(seen.calleeSaw).toMatch(/:5060$/);
    return seen.calleeSaw.replace(/:5060$/, '');
  } finally {
    await Promise.all([peer.close(), socket.close()]);
  }
}

async function stateOf(world: TwoLinkWorld, one: PodIdentity): Promise<unknown> {
  const state = await world.kernel.observe(one.linkName, one.table);
  const mine = state?.deliveryTables?.filter(({ publicIp }) => publicIp === one.publicIp);
  const { addresses, routes, rules } = state ?? {};
  const own = rules?.filter(({ table }) => table === one.table);
  return { addresses, routes, own, mine };
}

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;

describe.skipIf(reason !== undefined)(`several identities of one pod${needs}`, () => {
  it('two on one link, translated: each shows its own address, whoever came first', async () => {
    using world = await twoLinkWorld();
    await world.hold(first, translate);
    await world.hold(second, translate);
    expect(await seenFrom(world, first.privateIp)).toBe(first.publicIp);
    expect(await seenFrom(world, second.privateIp)).toBe(second.publicIp);
    expect(await world.hold(first, translate)).toBe(0);
    expect(await world.hold(second, translate)).toBe(0);
  });

  it('releasing one of two leaves the other whole, with its tuple', async () => {
    using world = await twoLinkWorld();
    await world.hold(first, translate);
    await world.hold(second, translate);
    await world.release(first);
    expect(await world.hold(second, translate)).toBe(0);
    expect(await seenFrom(world, second.privateIp)).toBe(second.publicIp);
    expect(await seenFrom(world, first.privateIp)).toBe(first.privateIp);
  });

  it('two on one link may have different deliveries', async () => {
    using world = await twoLinkWorld();
    await world.hold(first, translate);
    await world.hold(second, both);
    expect(await seenFrom(world, first.privateIp)).toBe(first.publicIp);
    expect(await seenFrom(world, second.privateIp)).toBe(second.privateIp);
    expect(await seenFrom(world, second.publicIp)).toBe(second.publicIp);
    expect([await world.hold(first, translate), await world.hold(second, both)]).toEqual([0, 0]);
  });

  it.each([translate, both, dnat, rule])(
    'a link each, with $delivery: neither touches what is of the other',
    async (plan) => {
      using world = await twoLinkWorld();
      await world.hold(other, translate);
      const before = await stateOf(world, other);
      await world.hold(first, plan);
      expect(await stateOf(world, other)).toEqual(before);
      const bound = plan.delivery === 'rule' ? '0.0.0.0' : first.privateIp;
      const shown = plan.delivery === 'both' || plan.delivery === 'dnat';
      expect(await seenFrom(world, bound)).toBe(shown ? first.privateIp : first.publicIp);
      expect(await seenFrom(world, other.privateIp)).toBe(other.publicIp);
      await world.podLinks.links.set({ name: 'net1' }, { up: false });
      expect(await seenFrom(world, other.privateIp)).toBe(other.publicIp);
      await world.podLinks.links.set({ name: 'net1' }, { up: true });
      await world.hold(first, plan);
      await world.release(first);
      expect(await stateOf(world, other)).toEqual(before);
      expect(await seenFrom(world, other.privateIp)).toBe(other.publicIp);
    },
  );

  it('a second link on the table of the first is refused before anything changes', async () => {
    using world = await twoLinkWorld();
    await world.hold(first, both);
    const before = await stateOf(world, first);
    const onFirst = { ...other, table: first.table };
    await expect(world.hold(onFirst, both)).rejects.toMatchObject({ code: 'TableInUse' });
    expect(await stateOf(world, first)).toEqual(before);
    await world.hold(other, both);
    expect(await seenFrom(world, first.publicIp)).toBe(first.publicIp);
    expect(await seenFrom(world, other.publicIp)).toBe(other.publicIp);
  });

  it('a second identity on the table of one with rule is refused before anything changes', async () => {
    using world = await twoLinkWorld();
    await world.hold(first, rule);
    const before = await stateOf(world, first);
    await expect(world.hold(second, both)).rejects.toMatchObject({ code: 'DeliveryImpossible' });
    expect(await stateOf(world, first)).toEqual(before);
    await world.hold({ ...second, table: 202 }, both);
    expect(await stateOf(world, first)).toMatchObject({ routes: expect.anything() as unknown });
    expect(await seenFrom(world, '0.0.0.0')).toBe(first.publicIp);
    expect(await seenFrom(world, second.publicIp)).toBe(second.publicIp);
  });
});
