import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import { describeKernelStep } from './describe-kernel-step.ts';
import type { KernelStep } from './kernel-step.ts';
import { planKernel, type WantedLink } from './plan-kernel.ts';

const first = {
  privateIp: parseIpv4Address('10.0.2.128'),
  publicIp: parseIpv4Address('203.0.113.50'),
};
const second = {
  privateIp: parseIpv4Address('10.0.2.129'),
  publicIp: parseIpv4Address('203.0.113.51'),
};

const wanted: WantedLink = {
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr, '100.64.0.0/16' as Cidr],
  identities: [first],
  releasing: [],
};

async function plan(kernel: FakeKernel, target: WantedLink): Promise<KernelStep[]> {
  const state = await kernel.observe('net1', target.table);
  if (state === undefined) throw new Error('no net1');
  return planKernel(state, target);
}

async function settle(kernel: FakeKernel, target: WantedLink): Promise<string[]> {
  const steps = await plan(kernel, target);
  for (const step of steps) await kernel.apply(step);
  expect(await plan(kernel, target)).toEqual([]);
  return steps.map((step) => describeKernelStep(step).command);
}

describe('planKernel, up', () => {
  it('is empty once its plan is applied', async () => {
    const kernel = fakePod();
    expect((await plan(kernel, wanted)).length).toBeGreaterThan(0);
    await settle(kernel, wanted);
  });

  it('closes the table first and puts the public address on last', async () => {
    expect(await settle(fakePod(), wanted)).toEqual([
      'ip route replace unreachable default metric 4294967295 table 200 protocol 227',
      'ip rule add from 10.0.2.128/32 lookup 200 priority 100 protocol 227',
      'ip rule add from 203.0.113.50/32 lookup 200 priority 100 protocol 227',
      'sysctl -w net/ipv4/conf/net1/rp_filter=2 net/ipv4/conf/net1/arp_announce=2 net/ipv4/conf/net1/arp_ignore=1',
      'ip route replace 10.0.2.0/24 dev net1 scope link table 200 protocol 227',
      'ip route replace 10.0.0.0/16 via 10.0.2.1 dev net1 table 200 protocol 227 onlink',
      'ip route replace 100.64.0.0/16 via 10.0.2.1 dev net1 table 200 protocol 227 onlink',
      'ip route replace 0.0.0.0/0 via 10.0.2.1 dev net1 mtu 1500 table 200 protocol 227 onlink',
      'ip address add 203.0.113.50/32 dev net1 scope link',
    ]);
  });

  it('makes no public address before one is claimed', async () => {
    const kernel = fakePod();
    const before = { ...wanted, identities: [{ privateIp: first.privateIp }] };
    const commands = await settle(kernel, before);
    expect(commands.join('\n')).not.toContain('203.0.113');
    expect(await settle(kernel, wanted)).toEqual([
      'ip rule add from 203.0.113.50/32 lookup 200 priority 100 protocol 227',
      'ip address add 203.0.113.50/32 dev net1 scope link',
    ]);
  });

  it('makes no VPC route for a VPC that is the subnet', async () => {
    const vpcCidrs = [wanted.subnetCidr];
    const commands = await settle(fakePod(), { ...wanted, vpcCidrs });
    expect(commands.filter((command) => command.includes('ip route replace 10.'))).toEqual([
      'ip route replace 10.0.2.0/24 dev net1 scope link table 200 protocol 227',
    ]);
  });

  it('never asks for an MTU that the link does not have', async () => {
    const kernel = fakePod();
    kernel.setLink('net1', { mtu: 1400 });
    expect((await settle(kernel, wanted)).join('\n')).toContain('mtu 1400');
  });

  it('adds for a second identity only what is its own', async () => {
    const kernel = fakePod();
    kernel.addAddress('net1', '10.0.2.129/24');
    await settle(kernel, wanted);
    expect(await settle(kernel, { ...wanted, identities: [first, second] })).toEqual([
      'ip rule add from 10.0.2.129/32 lookup 200 priority 100 protocol 227',
      'ip rule add from 203.0.113.51/32 lookup 200 priority 100 protocol 227',
      'ip address add 203.0.113.51/32 dev net1 scope link',
    ]);
  });

  it('puts back what a flap took', async () => {
    const kernel = fakePod();
    await settle(kernel, wanted);
    const before = kernel.snapshot();
    kernel.setLinkUp('net1', false);
    kernel.setLinkUp('net1', true);
    expect(kernel.snapshot()).not.toEqual(before);
    await settle(kernel, wanted);
    expect(kernel.snapshot()).toEqual(before);
  });

  it('closes a link that is down before the kernel refuses its routes', async () => {
    const kernel = fakePod();
    kernel.setLinkUp('net1', false);
    const steps = await plan(kernel, wanted);
    const carryOut = async (): Promise<void> => {
      for (const step of steps) await kernel.apply(step);
    };
    await expect(carryOut()).rejects.toMatchObject({ code: 'LinkDown', retry: 'later' });
    expect(kernel.applied.map(({ kind }) => kind)).toEqual([
      'install-fail-closed-route',
      'add-rule',
      'add-rule',
      'set-link-settings',
    ]);
    const query = { from: first.privateIp, to: parseIpv4Address('198.51.100.50') };
    expect(await kernel.lookupRoute(query)).toMatchObject({ kind: 'unreachable' });
  });
});

describe('planKernel, what is there already', () => {
  const ours = { table: 200, protocol: 227, from: '10.0.2.128/32' as Cidr, hasMore: false };

  it('removes copies and rules of another table or priority, after adding its own', async () => {
    const kernel = fakePod();
    kernel.addRule({ ...ours, priority: 90 });
    kernel.addRule({ ...ours, priority: 100, table: 201 });
    const commands = await settle(kernel, wanted);
    const at = (part: string): number => commands.findIndex((command) => command.includes(part));
    const removals = commands.slice(-2);
    expect(removals.every((command) => command.startsWith('ip rule del'))).toBe(true);
    expect(at('ip rule add from 10.0.2.128/32')).toBeLessThan(at('ip rule del'));
  });

  it('keeps one of several equal rules', async () => {
    const kernel = fakePod();
    for (let copy = 0; copy < 3; copy++) {
      kernel.addRule({ ...ours, priority: 100 }, { exclusive: false });
    }
    await settle(kernel, wanted);
    const left = kernel.snapshot().rules.filter(({ from }) => from === ours.from);
    expect(left).toHaveLength(1);
  });

  it('leaves rules and routes of others alone', async () => {
    const kernel = fakePod();
    const foreignRule = { ...ours, priority: 50, protocol: 4, table: 77 };
    const foreignRoute = {
      table: 200,
      type: 'unicast',
      destination: '192.0.2.0/24' as Cidr,
      linkIndex: 2,
      scope: 'link',
      metric: 0,
      onlink: false,
      protocol: 4,
    } as const;
    kernel.addRule(foreignRule);
    kernel.addRoute(foreignRoute);
    await settle(kernel, wanted);
    expect(kernel.snapshot().rules).toContainEqual(foreignRule);
    expect(kernel.snapshot().routes).toContainEqual(foreignRoute);
  });

  it('removes routes of ours that are wanted no more, after adding the wanted ones', async () => {
    const kernel = fakePod();
    await settle(kernel, wanted);
    expect(await settle(kernel, { ...wanted, vpcCidrs: ['10.0.0.0/15' as Cidr] })).toEqual([
      'ip route replace 10.0.0.0/15 via 10.0.2.1 dev net1 table 200 protocol 227 onlink',
      'ip route del 10.0.0.0/16 dev net1 metric 0 table 200 protocol 227',
      'ip route del 100.64.0.0/16 dev net1 metric 0 table 200 protocol 227',
    ]);
  });

  it('replaces a public address of another scope', async () => {
    const kernel = fakePod();
    kernel.addAddress('net1', '203.0.113.50/32', 'global');
    const commands = await settle(kernel, wanted);
    expect(commands.slice(-2)).toEqual([
      'ip address del 203.0.113.50/32 dev net1',
      'ip address add 203.0.113.50/32 dev net1 scope link',
    ]);
  });
});

describe('planKernel, release', () => {
  const nothing: WantedLink = { ...wanted, identities: [], releasing: [first] };

  it('takes the address and the routes, and keeps the table closed', async () => {
    const kernel = fakePod();
    await settle(kernel, wanted);
    expect(await settle(kernel, nothing)).toEqual([
      'ip address del 203.0.113.50/32 dev net1',
      'ip route del 0.0.0.0/0 dev net1 metric 0 table 200 protocol 227',
      'ip route del 10.0.0.0/16 dev net1 metric 0 table 200 protocol 227',
      'ip route del 10.0.2.0/24 dev net1 metric 0 table 200 protocol 227',
      'ip route del 100.64.0.0/16 dev net1 metric 0 table 200 protocol 227',
    ]);
    const query = { from: first.privateIp, to: parseIpv4Address('198.51.100.50') };
    expect(await kernel.lookupRoute(query)).toEqual({
      kind: 'unreachable',
      reason: 'EHOSTUNREACH',
    });
  });

  it('leaves the other identity of the link byte for byte as it was', async () => {
    const kernel = fakePod();
    kernel.addAddress('net1', '10.0.2.129/24');
    await settle(kernel, wanted);
    await settle(kernel, { ...wanted, identities: [second] });
    const before = kernel.snapshot();
    await settle(kernel, nothing);
    for (const link of before.links) {
      link.addresses = link.addresses.filter(({ address }) => address !== first.publicIp);
    }
    expect(JSON.stringify(kernel.snapshot())).toBe(JSON.stringify(before));
  });

  it('closes the table before it takes the routes, should the closing route be gone', async () => {
    const kernel = fakePod();
    await settle(kernel, wanted);
    const state = await kernel.observe('net1', 200);
    if (state === undefined) throw new Error('no net1');
    const open = { ...state, routes: state.routes.filter(({ type }) => type === 'unicast') };
    expect(planKernel(open, nothing)[0]?.kind).toBe('install-fail-closed-route');
  });

  it('does nothing where nothing was set up', async () => {
    expect(await plan(fakePod(), nothing)).toEqual([]);
  });

  it('keeps an identity that is wanted and releasing at once', async () => {
    const kernel = fakePod();
    await settle(kernel, wanted);
    expect(await plan(kernel, { ...wanted, releasing: [first] })).toEqual([]);
  });
});

describe('planKernel, delivery rule before the claim is known', () => {
  const rule: WantedLink['identities'][number] = {
    ...first,
    delivery: 'rule',
    routedCidrs: ['10.0.1.0/24' as Cidr, '10.0.3.0/24' as Cidr],
    ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
  };
  const unclaimed: WantedLink = { ...wanted, identities: [{ ...rule, publicIp: undefined }] };

  it('makes nothing that needs the public address', async () => {
    const commands = await settle(fakePod(), unclaimed);
    expect(commands.join('\n')).not.toMatch(/203\.0\.113|sport|10\.0\.1\.0/);
    expect(commands).toContain(
      'ip route replace 0.0.0.0/0 via 10.0.2.1 dev net1 src 10.0.2.128 mtu 1500 table 200 protocol 227 onlink',
    );
  });

  it('leaves what stands from before as it is', async () => {
    const kernel = fakePod();
    await settle(kernel, { ...wanted, identities: [rule] });
    expect(await settle(kernel, unclaimed)).toEqual([]);
  });

  it('asks for no source that the link has not', async () => {
    const kernel = fakePod();
    await settle(kernel, { ...wanted, identities: [rule] });
    kernel.removeAddress('net1', '203.0.113.50/32');
    const gone = kernel.snapshot().routes.find(({ destination }) => destination === '10.0.1.0/24');
    if (gone === undefined) throw new Error('no route to 10.0.1.0/24');
    kernel.removeRoute(gone);
    await settle(kernel, unclaimed);
    expect((await settle(kernel, { ...wanted, identities: [rule] })).length).toBeGreaterThan(0);
  });
});
