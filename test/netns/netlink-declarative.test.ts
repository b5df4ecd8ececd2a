import type { ChangePlan, Desired, Netlink } from '@truetuple/netlink';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openPair, type NetlinkPair } from './netlink-pair.ts';
import { whyNoNamespaces } from './netns-rights.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const owner = 188;

/** The kernel state of an identity: what closes the table, the way out, the rules, the public address. */
function identityOn(linkIndex: number): Desired {
  return {
    rules: [
      { priority: 100, from: '10.0.2.128/32', table: 200 },
      { priority: 101, from: '203.0.113.50/32', table: 200 },
    ],
    routes: [
      { destination: '0.0.0.0/0', type: 'unreachable', table: 200, metric: 4_278_198_272 },
      { destination: '10.0.2.0/24', linkIndex, table: 200 },
      {
        destination: '0.0.0.0/0',
        gateway: '10.0.2.1',
        linkIndex,
        onlink: true,
        mtu: 1500,
        table: 200,
      },
      { destination: '10.9.0.0/16', linkIndex, table: 200, preferredSource: '203.0.113.50' },
    ],
    addresses: [{ linkIndex, address: '203.0.113.50/32', scope: 'link' }],
  };
}

/** All that is there, in a form that can be compared. */
async function stateOf({ netlink }: NetlinkPair): Promise<readonly string[]> {
  const [addresses, routes, rules] = await Promise.all([
    netlink.addresses.list({ family: 'ipv4' }),
    netlink.routes.list({ family: 'ipv4' }),
    netlink.rules.list(),
  ]);
  return [...addresses, ...routes, ...rules].map((one) => JSON.stringify(one)).toSorted();
}

async function bring(
  netlink: Netlink,
  desired: Desired,
  removeGuards = false,
): Promise<ChangePlan> {
  const plan = await netlink.diff(desired, { owner, removeGuards });
  await netlink.apply(plan);
  return plan;
}

function commands({ steps }: ChangePlan): string[] {
  return steps.map(({ command }) => command);
}

/** On a link that is not there. */
const impossible = {
  step: { kind: 'add-address', address: { linkIndex: 9999, address: '192.0.2.1/32' } },
  command: 'ip address add 192.0.2.1/32 dev if9999',
} as const;

/** Some of a few rules, routes and addresses, each in one of several forms. */
function desiredOn(linkIndex: number): fc.Arbitrary<Desired> {
  const number = fc.integer({ min: 0, max: 3 });
  const rule = fc.tuple(number, number, fc.boolean()).map(([which, table, invert]) => ({
    priority: 100 + which,
    from: `10.0.2.${String(which)}/32`,
    table: 200 + table,
    ...(invert ? { invert } : {}),
  }));
  const route = fc.tuple(number, number, number).map(([which, table, form]) => ({
    destination: `10.${String(which)}.0.0/16`,
    table: 200 + table,
    ...[
      { linkIndex },
      { linkIndex, gateway: '10.200.0.1', onlink: true, mtu: 1400 },
      { type: 'unreachable' as const },
      { linkIndex, preferredSource: '203.0.113.1' },
    ][form],
  }));
  const address = fc.tuple(number, fc.boolean()).map(([which, isHost]) => ({
    linkIndex,
    address: `203.0.113.${String(which)}/32`,
    scope: isHost ? ('host' as const) : ('link' as const),
  }));
  const base = { linkIndex, address: '203.0.113.1/32', scope: 'link' as const };
  return fc
    .record({
      // the kernel takes a rule for there when another of its priority has more selectors
      rules: fc.uniqueArray(rule, {
        selector: ({ priority }) => priority,
      }),
      routes: fc.uniqueArray(route, {
        selector: ({ destination, table }) => `${destination} ${String(table)}`,
      }),
      addresses: fc.uniqueArray(address, { selector: (one) => one.address }),
    })
    .map(({ addresses, ...rest }) => ({
      ...rest,
      // the source that routes of the last form have
      addresses: [base, ...addresses.filter((one) => one.address !== base.address)],
    }));
}

describe.skipIf(reason !== undefined)(`diff and apply on the real kernel${needs}`, () => {
  it('closes the table first, opens it last, and finds nothing left to do', async () => {
    using pair = await openPair();
    const desired = identityOn(pair.net1.index);
    const plan = await pair.netlink.diff(desired, { owner });
    expect(commands(plan)).toEqual([
      'ip route add unreachable 0.0.0.0/0 metric 4278198272 table 200 proto 188',
      'ip rule add priority 100 from 10.0.2.128/32 protocol 188 table 200',
      'ip rule add priority 101 from 203.0.113.50/32 protocol 188 table 200',
      'ip route add 10.0.2.0/24 table 200 proto 188 dev net1',
      'ip route add 0.0.0.0/0 table 200 proto 188 mtu 1500 via 10.0.2.1 dev net1 onlink',
      'ip address add 203.0.113.50/32 dev net1 scope link proto 188',
      'ip route add 10.9.0.0/16 table 200 proto 188 src 203.0.113.50 dev net1',
    ]);
    await pair.netlink.apply(plan);
    expect(await pair.netlink.diff(desired, { owner })).toEqual({ steps: [], conflicts: [] });
  });

  it('takes down addresses and routes, what guards only on request', async () => {
    using pair = await openPair();
    const before = await stateOf(pair);
    await bring(pair.netlink, identityOn(pair.net1.index));
    const down = await bring(pair.netlink, {});
    expect(commands(down)).toEqual([
      'ip address del 203.0.113.50/32 dev net1',
      expect.stringContaining('ip route del 0.0.0.0/0 '),
      expect.stringContaining('ip route del 10.0.2.0/24 '),
      expect.stringContaining('ip route del 10.9.0.0/16 '),
    ]);
    expect((await pair.netlink.routes.list({ table: 200 })).map(({ type }) => type)).toEqual([
      'unreachable',
    ]);
    await bring(pair.netlink, {}, true);
    expect(await stateOf(pair)).toEqual(before);
  });

  it('what somebody else put there is a conflict, and is never touched', async () => {
    using pair = await openPair();
    const linkIndex = pair.net1.index;
    await pair.netlink.routes.add({
      destination: '10.0.2.0/24',
      linkIndex,
      table: 200,
      protocol: 4,
    });
    await pair.netlink.addresses.add({ linkIndex, address: '203.0.113.50/32' });
    await pair.netlink.rules.add({ priority: 100, from: '10.0.2.128/32', table: 201 });
    const before = await stateOf(pair);
    const plan = await pair.netlink.diff(identityOn(linkIndex), { owner });
    expect(plan.conflicts.map(({ wanted }) => wanted)).toEqual([
      'ip route add 10.0.2.0/24 table 200 proto 188 dev net1',
      'ip address add 203.0.113.50/32 dev net1 scope link proto 188',
    ]);
    await expect(pair.netlink.apply(plan)).rejects.toMatchObject({ code: 'ECONFLICT' });
    expect(await stateOf(pair)).toEqual(before);
    await pair.netlink.apply(plan, { ignoreConflicts: true });
    await bring(pair.netlink, {}, true);
    expect(await stateOf(pair)).toEqual(before);
  });

  it('whatever step fails, all is as it was before', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    const linkIndex = pair.net1.index;
    await bring(netlink, identityOn(linkIndex));
    const other: Desired = {
      rules: [{ priority: 100, from: '10.0.2.128/32', table: 201 }],
      routes: [
        { destination: '0.0.0.0/0', type: 'unreachable', table: 201 },
        { destination: '0.0.0.0/0', gateway: '10.0.2.9', linkIndex, onlink: true, table: 200 },
      ],
      addresses: [{ linkIndex, address: '203.0.113.51/32', scope: 'link' }],
    };
    const before = await stateOf(pair);
    const plan = await netlink.diff(other, { owner, removeGuards: true });
    expect(plan.steps.length).toBeGreaterThan(8);
    for (const at of plan.steps.keys()) {
      const steps = plan.steps.with(at, impossible);
      await expect(netlink.apply({ ...plan, steps })).rejects.toMatchObject({
        code: 'ENODEV',
        message: expect.stringMatching(/^(?!.*;).*$/) as string,
      });
      expect(await stateOf(pair), `after step ${String(at)}`).toEqual(before);
    }
    await netlink.apply(plan);
    expect(await netlink.diff(other, { owner, removeGuards: true })).toEqual({
      steps: [],
      conflicts: [],
    });
  });

  it('from any state of ours to any other, and back when it fails', async () => {
    using pair = await openPair();
    const { netlink } = pair;
    const linkIndex = pair.net1.index;
    await fc.assert(
      fc.asyncProperty(
        desiredOn(linkIndex),
        desiredOn(linkIndex),
        fc.nat(20),
        async (one, two, at) => {
          await bring(netlink, one, true);
          const before = await stateOf(pair);
          const plan = await netlink.diff(two, { owner, removeGuards: true });
          expect(plan.conflicts).toEqual([]);
          const steps = [...plan.steps.slice(0, at), impossible];
          await expect(netlink.apply({ ...plan, steps })).rejects.toMatchObject({ code: 'ENODEV' });
          expect(await stateOf(pair)).toEqual(before);
          await netlink.apply(plan);
          const after = await netlink.diff(two, { owner, removeGuards: true });
          expect(after.steps.map(({ command }) => command)).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
