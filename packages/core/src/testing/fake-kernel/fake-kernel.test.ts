import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../../identity/address.ts';
import { kernelPortCases } from '../kernel-port/kernel-port-cases.ts';
import { applyPlan, contractIdentity, observed } from '../kernel-port/kernel-port-contract.ts';
import { contractIpv6, dualStackLink } from '../kernel-port/kernel-port-ipv6-cases.ts';
import { fakeWorld } from './fake-contract-world.ts';
import type { FakeKernel } from './fake-kernel.ts';
import { FakeNode } from './fake-node.ts';
import { fakePod } from './fake-pod.ts';

describe('FakeKernel as a KernelPort', () => {
  it.each(kernelPortCases)('$title', ({ run }) => run(fakeWorld()));
});

describe('FakeKernel', () => {
  it('refuses an address that another slave of the same parent holds, up or down', async () => {
    const node = new FakeNode();
    const [one, other] = [fakePod({ node }), slave(node, '10.0.2.129/24')];
    await applyPlan(one);
    one.setLinkUp('net1', false);
    await expect(hold(other)).rejects.toMatchObject({ code: 'AddressHeldOnNode', retry: 'later' });
    one.endNamespace();
    await hold(other);
  });

  it('refuses an IPv6 address that another slave of the same parent holds', async () => {
    const node = new FakeNode();
    const [one, other] = [fakePod({ node }), slave(node, '10.0.2.129/24')];
    await applyPlan(one, dualStackLink);
    const { linkIndex, linkName } = await observed(other);
    const { address, prefixLength } = contractIpv6;
    const step = { kind: 'add-ipv6-address', linkIndex, linkName, address, prefixLength } as const;
    await expect(other.apply(step)).rejects.toMatchObject({ code: 'Ipv6AddressHeldElsewhere' });
    one.endNamespace();
    await other.apply(step);
  });

  it('lets links of different parents hold the same address', async () => {
    const node = new FakeNode();
    await applyPlan(fakePod({ node }));
    const links = [{ name: 'net1', parent: 'eth2', addresses: ['10.0.2.129/24'] }];
    await hold(fakePod({ node, links }));
  });

  it('refuses changes, not reading, without CAP_NET_ADMIN', async () => {
    const kernel = fakePod();
    kernel.netAdmin = false;
    const before = kernel.snapshot();
    await expect(applyPlan(kernel)).rejects.toMatchObject({ code: 'NetAdminMissing' });
    expect(kernel.snapshot()).toEqual(before);
  });

  it('fails as injected, before or after carrying the step out', async () => {
    const kernel = fakePod();
    kernel.inject({ step: 'add-rule', errno: 'ENOMEM', kernelText: 'full' });
    await expect(applyPlan(kernel)).rejects.toThrow(/ip rule add.*ENOMEM: full/);
    expect(kernel.applied.map(({ kind }) => kind)).toEqual(['install-fail-closed-route']);
    kernel.inject({ step: 'add-rule', loseAnswer: true });
    await expect(applyPlan(kernel)).rejects.toMatchObject({ code: 'KernelRefused' });
    expect(kernel.snapshot().rules.filter(({ protocol }) => protocol === 227)).toHaveLength(1);
    await applyPlan(kernel);
    expect(await applyPlan(kernel)).toEqual([]);
  });

  it('settles again after a crash around any step', async () => {
    const steps = (await applyPlan(fakePod())).length;
    for (const phase of ['before', 'after'] as const) {
      for (let crashAt = 0; crashAt < steps; crashAt++) {
        const kernel = fakePod();
        let seen = 0;
        kernel.onStep = (now) => {
          if (now === phase && seen++ === crashAt) throw new Error('crash');
        };
        await expect(applyPlan(kernel)).rejects.toThrow('crash');
        kernel.onStep = () => {};
        await applyPlan(kernel);
        expect(await applyPlan(kernel)).toEqual([]);
      }
    }
  });

  it('gives a snapshot that later changes do not touch', async () => {
    const kernel = fakePod();
    const before = kernel.snapshot();
    await applyPlan(kernel);
    expect(before).toEqual(fakePod().snapshot());
    expect(JSON.parse(JSON.stringify(kernel.snapshot()))).toEqual(kernel.snapshot());
  });

  it('keeps copies of a rule only where EXCL is not said', () => {
    const kernel = fakePod();
    const from = '10.0.2.128/32' as Cidr;
    const rule = { priority: 100, from, table: 200, protocol: 227, hasMore: false };
    kernel.addRule(rule);
    expect(() => kernel.addRule(rule)).toThrow('EEXIST');
    kernel.addRule(rule, { exclusive: false });
    kernel.addRule({ ...rule, protocol: 4 });
    expect(kernel.snapshot().rules.filter((held) => held.from === from)).toHaveLength(3);
  });
});

function slave(node: FakeNode, address: string): FakeKernel {
  return fakePod({ node, links: [{ name: 'net1', parent: 'eth1', addresses: [address] }] });
}

async function hold(kernel: FakeKernel): Promise<void> {
  const { linkIndex, linkName } = await observed(kernel);
  const address = parseIpv4Address(contractIdentity.publicIp);
  await kernel.apply({ kind: 'add-address', linkIndex, linkName, address });
}
