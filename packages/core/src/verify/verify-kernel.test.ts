import { beforeEach, describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import { planKernel } from '../kernel/plan-kernel.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import type { KernelFindingCode, Severity } from './kernel-finding.ts';
import { chooseRouteProbes, type KernelFacts } from './route-probe.ts';
import { verifyKernel } from './verify-kernel.ts';

const facts: KernelFacts = {
  linkName: 'net1',
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  privateIp: parseIpv4Address('10.0.2.128'),
  publicIp: parseIpv4Address('203.0.113.50'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
};

const ours = { priority: 100, table: 200, protocol: 227, hasMore: false };
const failClosed = {
  table: 200,
  type: 'unreachable',
  destination: '0.0.0.0/0' as Cidr,
  scope: 'global',
  metric: 0xffff_ffff,
  onlink: false,
  protocol: 227,
} as const;

const ssh = { protocol: 'tcp', first: 22, last: 22 } as const;

let kernel: FakeKernel;
beforeEach(async () => {
  kernel = fakePod();
  const state = await kernel.observe('net1', 200);
  if (state === undefined) throw new Error('no net1');
  const steps = planKernel(state, { ...facts, identities: [facts], releasing: [] });
  for (const step of steps) await kernel.apply(step);
});

describe('verifyKernel', () => {
  it('finds nothing where all is as planned', async () => {
    expect(await verifyKernel(kernel, facts)).toEqual([]);
  });

  const faults: [KernelFindingCode, Severity, () => void][] = [
    ['link-missing', 'broken', () => kernel.removeLink('net1')],
    ['link-down', 'broken', () => kernel.setLinkUp('net1', false)],
    ['link-without-carrier', 'broken', () => kernel.setLink('net1', { lowerUp: false })],
    ['link-mtu-small', 'warning', () => kernel.setLink('net1', { mtu: 1400 })],
    ['private-address-missing', 'broken', () => kernel.removeAddress('net1', '10.0.2.128/24')],
    ['public-address-missing', 'broken', () => kernel.removeAddress('net1', '203.0.113.50/32')],
    [
      'public-address-scope',
      'warning',
      () => {
        kernel.removeAddress('net1', '203.0.113.50/32');
        kernel.addAddress('net1', '203.0.113.50/32', 'global');
      },
    ],
    [
      'fail-closed-route-missing',
      'broken',
      () => kernel.addRoute({ ...failClosed, type: 'unicast', linkIndex: 2 }),
    ],
    ['rule-missing', 'broken', () => kernel.removeRule({ ...ours, from: '10.0.2.128/32' as Cidr })],
    [
      'rule-outranked',
      'broken',
      () => kernel.addRule({ priority: 50, table: 77, protocol: 4, hasMore: false }),
    ],
    [
      'rule-outranked',
      'warning',
      () => kernel.addRule({ priority: 50, table: 77, protocol: 4, hasMore: true }),
    ],
    [
      'rule-outranked',
      'warning',
      () => kernel.addRule({ priority: 50, table: 77, protocol: 4, ports: ssh, hasMore: false }),
    ],
    ['route-foreign', 'warning', () => addForeignRoute('11.0.0.0/8')],
    ['route-foreign', 'warning', () => addForeignRoute('224.0.0.0/4')],
    ['route-elsewhere', 'broken', () => addForeignRoute('0.0.0.0/1')],
    ['route-elsewhere', 'broken', () => addForeignRoute('128.0.0.0/1')],
    ['route-elsewhere', 'broken', () => addForeignRoute('64.0.0.0/2')],
    ['route-elsewhere', 'broken', () => addForeignRoute('10.0.0.0/20')],
    [
      'internet-mtu-unlimited',
      'warning',
      () =>
        kernel.addRoute({
          ...failClosed,
          type: 'unicast',
          gateway: facts.gateway,
          linkIndex: 3,
          metric: 0,
          onlink: true,
        }),
    ],
    ['reverse-path-strict', 'warning', () => setSettings({ rpFilter: 1 })],
    ['arp-announces-public', 'warning', () => setSettings({ arpAnnounce: 0 })],
    ['arp-answers-foreign', 'warning', () => setSettings({ arpIgnore: 0 })],
  ];
  it.each(faults)('finds %s (%s)', async (code, severity, spoil) => {
    spoil();
    const findings = await verifyKernel(kernel, facts);
    expect(findings).toContainEqual(expect.objectContaining({ code, severity }));
    for (const finding of findings) {
      expect(finding.seen).not.toBe('');
      expect(finding.remedy).toMatch(/\.$/);
    }
    if (severity === 'warning') {
      expect(findings.filter((finding) => finding.severity === 'broken')).toEqual([]);
    }
  });

  it('calls no reverse-path filter strict that is off', async () => {
    setSettings({ rpFilter: 0 });
    expect(await verifyKernel(kernel, facts)).toEqual([]);
  });

  it.each([
    [{ protocol: 'udp', first: 5060, last: 5060 }, 'broken'],
    [{ protocol: 'udp', first: 5000, last: 5059 }, 'warning'],
    [{ protocol: 'tcp', first: 5060, last: 5060 }, 'warning'],
  ] as const)(
    'a rule for %j outranks one of an application on udp 5060: %s',
    async (ports, severity) => {
      kernel.addRule({ priority: 50, table: 77, protocol: 4, ports, hasMore: false });
      const known = { ...facts, ports: [{ protocol: 'udp', first: 5060, last: 5060 }] as const };
      const findings = (await verifyKernel(kernel, known)).filter(
        ({ code }) => code === 'rule-outranked',
      );
      expect(findings.map((finding) => finding.severity)).toEqual([severity, severity]);
      expect(findings[0]?.seen).toContain('from all (with further conditions) lookup 77');
    },
  );

  it('asks the way to each subnet that carries the public address', async () => {
    addForeignRoute('10.0.64.0/20');
    const routedCidrs = ['10.0.64.0/20' as Cidr];
    const codes = (await verifyKernel(kernel, { ...facts, routedCidrs })).map(({ code }) => code);
    expect(codes).toEqual(['route-foreign', 'route-elsewhere', 'route-elsewhere']);
  });

  it('names each way that leaves by another link', async () => {
    kernel.removeRule({ ...ours, from: '203.0.113.50/32' as Cidr });
    const seen = (await verifyKernel(kernel, facts))
      .filter(({ code }) => code === 'route-elsewhere')
      .map((finding) => finding.seen);
    expect(seen).toEqual([
      '203.0.113.50 to an Internet peer (198.51.100.1) leaves by eth0 through 169.254.1.1, table 254',
      '203.0.113.50 to a VPC peer (10.0.0.3) leaves by eth0 through 169.254.1.1, table 254',
    ]);
  });
});

function addForeignRoute(destination: string): void {
  kernel.addRoute({
    ...failClosed,
    type: 'unicast',
    destination: destination as Cidr,
    linkIndex: 2,
    metric: 0,
    protocol: 4,
  });
}

function setSettings(change: {
  rpFilter?: number;
  arpAnnounce?: number;
  arpIgnore?: number;
}): void {
  kernel.setLink('net1', { settings: { rpFilter: 2, arpAnnounce: 2, arpIgnore: 1, ...change } });
}

function targets(change: Partial<KernelFacts>): string[] {
  return [...new Set(chooseRouteProbes({ ...facts, ...change }).map(({ to }) => to))];
}

describe('chooseRouteProbes', () => {
  it('asks about a VPC peer outside the subnet', () => {
    expect(targets({ subnetCidr: '10.0.0.0/24' as Cidr })).toEqual(['198.51.100.1', '10.0.1.3']);
  });
  it('asks about no VPC peer where the VPC is the subnet', () => {
    expect(targets({ vpcCidrs: [facts.subnetCidr] })).toEqual(['198.51.100.1']);
  });
  it('takes no Internet peer that is in the VPC or the identity itself', () => {
    const vpcCidrs = ['198.51.100.0/24' as Cidr];
    const publicIp = parseIpv4Address('192.0.2.1');
    expect(targets({ vpcCidrs, publicIp })).toEqual(['203.0.113.1', '198.51.100.3']);
  });
});
