import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import type { LinkState } from '../kernel/kernel-port.ts';
import { planKernel } from '../kernel/plan-kernel.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import { judgeDelivery } from './judge-delivery.ts';
import type { KernelFacts } from './route-probe.ts';
import { verifyKernel } from './verify-kernel.ts';

const common: KernelFacts = {
  linkName: 'net1',
  table: 200,
  gateway: parseIpv4Address('10.0.2.1'),
  privateIp: parseIpv4Address('10.0.2.128'),
  publicIp: parseIpv4Address('203.0.113.50'),
  subnetCidr: '10.0.2.0/24' as Cidr,
  vpcCidrs: ['10.0.0.0/16' as Cidr],
};
const routedCidrs = ['10.0.1.0/24' as Cidr];
const plans: Record<string, DeliveryPlan> = {
  both: { delivery: 'both' },
  translate: { delivery: 'translate', routedCidrs },
  dnat: { delivery: 'dnat' },
  rule: {
    delivery: 'rule',
    routedCidrs,
    ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
  },
  any: { delivery: 'any', ports: [{ protocol: 'tcp', first: 5061, last: 5061 }] },
};

const codesOfDelivery: readonly string[] = [
  'delivery-table-stray',
  'delivery-table-missing',
  'delivery-unreadable',
  'port-rule-missing',
  'route-source',
];

/** What is found for one delivery where the kernel is as another one wants it, and then spoilt. */
async function found(
  wanted: string,
  held: string,
  spoil: (kernel: FakeKernel) => void = () => {},
): Promise<string[]> {
  const kernel = fakePod();
  const observe = async (): Promise<LinkState> => {
    const state = await kernel.observe('net1', 200);
    if (state === undefined) throw new Error('no net1');
    return state;
  };
  const identities = [{ ...common, ...plans[held] }];
  const steps = planKernel(await observe(), { ...common, identities, releasing: [] });
  for (const step of steps) await kernel.apply(step);
  spoil(kernel);
  const facts = { ...common, ...plans[wanted] };
  const findings = judgeDelivery(facts, await observe());
  const all = await verifyKernel(kernel, facts);
  expect(all.filter(({ code }) => codesOfDelivery.includes(code))).toEqual(findings);
  for (const { seen, remedy } of findings) {
    expect(seen).not.toBe('');
    expect(remedy).toMatch(/\.$/);
  }
  return findings.map(({ code, severity }) => `${code} ${severity}`);
}

function spoilt(kernel: FakeKernel): void {
  kernel.spoilDeliveryTable(common.publicIp);
}

function blind(kernel: FakeKernel): void {
  kernel.netAdmin = false;
}

describe('judgeDelivery', () => {
  it.each(Object.keys(plans))('finds nothing where %s is as planned', async (name) => {
    expect(await found(name, name)).toEqual([]);
  });

  it.each([
    ['translate', 'both', ['delivery-table-missing broken']],
    ['translate', 'dnat', ['delivery-table-missing broken']],
    ['dnat', 'translate', ['delivery-table-missing broken']],
    ['both', 'translate', ['delivery-table-stray broken']],
    ['any', 'dnat', ['delivery-table-stray broken']],
    ['rule', 'both', ['port-rule-missing broken', 'route-source broken', 'route-source broken']],
  ])('finds for %s what is wrong where %s is in place', async (wanted, held, codes) => {
    expect(await found(wanted, held)).toEqual(codes);
  });

  it.each(['translate', 'dnat'])('finds a %s table that somebody changed', async (name) => {
    expect(await found(name, name, spoilt)).toEqual(['delivery-table-missing broken']);
  });

  it('only warns where nftables cannot be read', async () => {
    expect(await found('translate', 'translate', blind)).toEqual(['delivery-unreadable warning']);
    expect(await found('both', 'both', blind)).toEqual([]);
  });
});
