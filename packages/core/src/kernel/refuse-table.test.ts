import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { planKernel, type WantedLink } from './plan-kernel.ts';
import { refuseTable } from './refuse-table.ts';

const first = {
  privateIp: parseIpv4Address('10.0.2.128'),
  publicIp: parseIpv4Address('203.0.113.50'),
};
const second = {
  privateIp: parseIpv4Address('10.0.2.129'),
  publicIp: parseIpv4Address('203.0.113.51'),
};
const both: DeliveryPlan = { delivery: 'both' };
const rule: DeliveryPlan = {
  delivery: 'rule',
  routedCidrs: ['10.0.1.0/24' as Cidr],
  ports: [{ protocol: 'udp', first: 5060, last: 5060 }],
};

function wanting(identity: object, plan: DeliveryPlan, table = 200): WantedLink {
  return {
    table,
    gateway: parseIpv4Address('10.0.2.1'),
    subnetCidr: '10.0.2.0/24' as Cidr,
    vpcCidrs: ['10.0.0.0/16' as Cidr],
    identities: [{ ...first, ...identity, ...plan }],
    releasing: [],
  };
}

async function judge(kernel: FakeKernel, wanted: WantedLink): Promise<string> {
  const state = await kernel.observe('net1', wanted.table);
  if (state === undefined) throw new Error('no net1');
  const refused = refuseTable(state, wanted);
  if (refused !== undefined) return `${refused.code}: ${refused.message}`;
  for (const step of planKernel(state, wanted)) await kernel.apply(step);
  return 'fits';
}

function pod(): FakeKernel {
  const kernel = fakePod();
  kernel.addAddress('net1', '10.0.2.129/24');
  return kernel;
}

describe('refuseTable', () => {
  it('lets identities without sources in routes share a table', async () => {
    const kernel = pod();
    expect(await judge(kernel, wanting(first, both))).toBe('fits');
    expect(await judge(kernel, wanting(second, { ...rule, delivery: 'translate' }))).toBe('fits');
  });

  it('lets an identity with delivery rule be ensured again, and change its delivery', async () => {
    const kernel = pod();
    for (const plan of [rule, rule, both, { delivery: 'dnat' } as const]) {
      expect(await judge(kernel, wanting(first, plan))).toBe('fits');
    }
  });

  it('lets the next address of the same identity come before the last one has gone', async () => {
    const kernel = pod();
    expect(await judge(kernel, wanting(first, rule))).toBe('fits');
    const { publicIp } = second;
    expect(await judge(kernel, wanting({ ...first, publicIp }, rule))).toBe('fits');
  });

  it.each([
    ['rule beside both', both, rule, 'delivery rule needs a table of its own'],
    ['both beside rule', rule, both, 'an identity with delivery rule has that table'],
    ['rule beside rule', rule, rule, 'delivery rule needs a table of its own'],
  ])('refuses %s on one table, before and after the claim', async (_what, held, plan, why) => {
    const kernel = pod();
    expect(await judge(kernel, wanting(first, held))).toBe('fits');
    const before = kernel.snapshot();
    for (const publicIp of [undefined, second.publicIp]) {
      expect(await judge(kernel, wanting({ ...second, publicIp }, plan))).toBe(
        `DeliveryImpossible: Table 200 of net1 cannot be shared: ${why}, and it carries 203.0.113.50`,
      );
    }
    expect(kernel.snapshot()).toEqual(before);
  });

  it('lets them stand side by side with a table each', async () => {
    const kernel = pod();
    expect(await judge(kernel, wanting(first, both))).toBe('fits');
    expect(await judge(kernel, wanting(second, rule, 201))).toBe('fits');
    expect(await judge(kernel, wanting(first, both))).toBe('fits');
  });

  it('refuses several wanted at once when one is rule', async () => {
    const one = wanting(first, both);
    const wanted = { ...one, identities: [...one.identities, { ...second, ...rule }] };
    expect(await judge(pod(), wanted)).toContain('it carries several identities');
  });

  it('leaves a release alone', async () => {
    const kernel = pod();
    expect(await judge(kernel, wanting(first, rule))).toBe('fits');
    const gone: WantedLink = { ...wanting(first, rule), identities: [], releasing: [first] };
    expect(await judge(kernel, gone)).toBe('fits');
  });

  it('refuses the table of another link, for an identity on this one, not for its release', async () => {
    const net2 = { name: 'net2', addresses: ['10.0.4.128/24'] };
    const kernel = fakePod({ links: [{ name: 'net1', addresses: ['10.0.2.128/24'] }, net2] });
    expect(await judge(kernel, wanting(first, both))).toBe('fits');
    const state = await kernel.observe('net2', 200);
    if (state === undefined) throw new Error('no net2');
    const wanted = wanting({ privateIp: '10.0.4.128', publicIp: second.publicIp }, both);
    expect(refuseTable(state, wanted)).toMatchObject({ code: 'TableInUse', retry: 'never' });
    expect(refuseTable(state, { ...wanted, identities: [] })).toBeUndefined();
    expect(await judge(kernel, wanting(first, both))).toBe('fits');
  });
});
