import { describe, expect, it } from 'vitest';
import { parseIpv4Address } from '../identity/address.ts';
import { parseIpv6Address } from '../identity/ipv6-address.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import type { FakeIpv6 } from '../testing/fake-kernel/fake-world.ts';
import { applyPlan, contractLink, observed } from '../testing/kernel-port/kernel-port-contract.ts';
import { contractIpv6, dualStackLink } from '../testing/kernel-port/kernel-port-ipv6-cases.ts';
import { planKernel } from './plan-kernel.ts';
import { refuseIpv6 } from './refuse-ipv6.ts';

function podWith(ipv6: Partial<FakeIpv6> | 'none') {
  return fakePod({ links: [{ name: 'net1', addresses: ['10.0.2.128/24'], ipv6 }] });
}

const planned = async (kernel: ReturnType<typeof podWith>) =>
  planKernel(await observed(kernel), dualStackLink).filter(({ kind }) => kind.includes('ipv6'));

const refusal = async (ipv6: Partial<FakeIpv6> | 'none', wanted = dualStackLink) =>
  refuseIpv6(await observed(podWith(ipv6)), wanted);

describe('planKernel, the IPv6 side', () => {
  it('closes the table first, then rules, settings, address, routes', async () => {
    expect((await planned(podWith({}))).map(({ kind }) => kind)).toEqual([
      'install-ipv6-fail-closed-route',
      'add-ipv6-rule',
      'set-ipv6-settings',
      'add-ipv6-address',
      'replace-ipv6-route',
      'replace-ipv6-route',
    ]);
  });

  it('plans nothing of IPv6 for an identity without it', async () => {
    const steps = planKernel(await observed(podWith({})), contractLink);
    expect(steps.filter(({ kind }) => kind.includes('ipv6'))).toEqual([]);
  });

  it('leaves settings alone that cannot be written', async () => {
    const kernel = podWith({ maySet: false });
    await applyPlan(kernel, dualStackLink);
    expect((await observed(kernel)).ipv6?.settings.keepAddrOnDown).toBe(false);
    expect(await applyPlan(kernel, dualStackLink)).toEqual([]);
  });

  it('brings an address back that a link lost by going down', async () => {
    const kernel = podWith({ maySet: false });
    await applyPlan(kernel, dualStackLink);
    kernel.setLinkUp('net1', false);
    kernel.setLinkUp('net1', true);
    expect((await planned(kernel)).map(({ kind }) => kind)).toEqual([
      'add-ipv6-address',
      'replace-ipv6-route',
      'replace-ipv6-route',
    ]);
  });

  it.each([
    ['took for a duplicate', { duplicateFound: true, tentative: true }],
    ['does not use before duplicate detection ends', { duplicateFound: false, tentative: true }],
  ])(
    'puts an address anew that the kernel %s, with the prefix that is wanted',
    async (_why, as) => {
      const { address } = contractIpv6;
      const lost = { address, prefixLength: 64, scope: 'global', permanent: true } as const;
      const kernel = podWith({ addresses: [{ ...lost, ...as }] });
      expect(await planned(kernel)).toMatchObject([
        { kind: 'install-ipv6-fail-closed-route' },
        { kind: 'add-ipv6-rule' },
        { kind: 'set-ipv6-settings' },
        { kind: 'remove-ipv6-address', prefixLength: 64 },
        { kind: 'add-ipv6-address', prefixLength: 128 },
        { kind: 'replace-ipv6-route' },
        { kind: 'replace-ipv6-route' },
      ]);
    },
  );

  it('moves to another gateway, table and priority, and takes the old away last', async () => {
    const kernel = podWith({});
    await applyPlan(kernel, dualStackLink);
    const moved = { ...contractIpv6, gateway: parseIpv6Address('fe80::2'), vpcCidrs: [] };
    const wanted = {
      ...contractLink,
      basePriority: 90,
      identities: dualStackLink.identities.map((one) => ({ ...one, publicIpv6: moved })),
    };
    const steps = planKernel(await observed(kernel), wanted).filter(({ kind }) =>
      kind.includes('ipv6'),
    );
    expect(steps).toMatchObject([
      { kind: 'add-ipv6-rule', priority: 90 },
      { kind: 'replace-ipv6-route', destination: '::/0', gateway: 'fe80::2' },
      { kind: 'remove-ipv6-route', destination: '2001:db8:0:200::/56' },
      { kind: 'remove-ipv6-rule', priority: 100 },
    ]);
    await applyPlan(kernel, wanted);
    expect(await applyPlan(kernel, wanted)).toEqual([]);
  });

  it('two identities on one link: releasing one leaves the address and the routes of the other', async () => {
    const kernel = podWith({});
    const other = {
      privateIp: parseIpv4Address('10.0.2.129'),
      publicIp: parseIpv4Address('203.0.113.51'),
      publicIpv6: { ...contractIpv6, address: parseIpv6Address('2001:db8:0:202::51') },
    };
    const both = { ...contractLink, identities: [...dualStackLink.identities, other] };
    await applyPlan(kernel, both);
    await applyPlan(kernel, { ...contractLink, identities: [], releasing: [other] });
    const { ipv6 } = await observed(kernel);
    expect(ipv6?.addresses.map(({ address }) => address)).toEqual([contractIpv6.address]);
    expect(ipv6?.routes).toHaveLength(3);
  });
});

describe('refuseIpv6', () => {
  const settings = { disabled: true, keepAddrOnDown: false };

  it('names a kernel without IPv6, and a link where it is off for good', async () => {
    expect(await refusal('none')).toMatchObject({
      code: 'Ipv6Unavailable',
      message: 'net1 cannot carry 2001:db8:0:202::50: this kernel has no IPv6',
    });
    expect(await refusal({ settings, maySet: false })).toMatchObject({
      code: 'Ipv6Unavailable',
      remedy: expect.stringContaining('net.ipv6.conf.net1.disable_ipv6=0') as unknown,
    });
  });

  it('names an MTU that leaves a link without IPv6', async () => {
    const kernel = podWith('none');
    kernel.setLink('net1', { mtu: 1279 });
    expect(refuseIpv6(await observed(kernel), dualStackLink)).toMatchObject({
      code: 'Ipv6Unavailable',
      message: expect.stringContaining('the MTU of net1 is 1279, and IPv6 needs 1280') as unknown,
      remedy: 'Give net1 an MTU of 1280 or more, or leave ipv6 out of addressFamilies.',
    });
  });

  it('refuses nothing that can be put right, and nothing that is not wanted', async () => {
    expect(await refusal({ settings })).toBeUndefined();
    expect(await refusal('none', contractLink)).toBeUndefined();
  });
});
