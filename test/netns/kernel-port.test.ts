import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openNftables } from '@truetuple/netlink/nftables';
import { describe, expect, it } from 'vitest';
import { linuxKernel } from '../../packages/core/src/adapters/linux/linux-kernel.ts';
import type { Cidr } from '../../packages/core/src/identity/address.ts';
import type { DeliveryPlan } from '../../packages/core/src/identity/delivery.ts';
import { describeKernelStep } from '../../packages/core/src/kernel/describe-kernel-step.ts';
import type { LinkState } from '../../packages/core/src/kernel/kernel-port.ts';
import { planKernel, type WantedLink } from '../../packages/core/src/kernel/plan-kernel.ts';
import { refuseIpv6 } from '../../packages/core/src/kernel/refuse-ipv6.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  observed,
} from '../../packages/core/src/testing/kernel-port/kernel-port-contract.ts';
import {
  contractIpv6,
  dualStackLink,
  dualStackReleased,
} from '../../packages/core/src/testing/kernel-port/kernel-port-ipv6-cases.ts';
import { kernelPortCases } from '../../packages/core/src/testing/kernel-port/kernel-port-cases.ts';
import { verifyKernel } from '../../packages/core/src/verify/verify-kernel.ts';
import { realPod, type RealPod } from './kernel-port-world.ts';
import { listed } from './netlink-nftables-ruleset.ts';
import { whyNoNamespaces } from './netns-rights.ts';
import { programsMissing } from './programs-missing.ts';

const reason = whyNoNamespaces();
const needs = reason === undefined ? '' : ` (skipped: ${reason})`;
const routedCidrs = ['10.0.1.0/24' as Cidr, '10.0.3.0/24' as Cidr];
const translate: DeliveryPlan = { delivery: 'translate', routedCidrs };
const dnat: DeliveryPlan = { delivery: 'dnat' };
const rule: DeliveryPlan = {
  delivery: 'rule',
  routedCidrs,
  ports: [
    { protocol: 'udp', first: 5060, last: 5060 },
    { protocol: 'udp', first: 16_384, last: 32_767 },
  ],
};
const released: WantedLink = { ...contractLink, identities: [], releasing: [contractIdentity] };

describe.skipIf(reason !== undefined)(`the Linux kernel as a KernelPort${needs}`, () => {
  it.each(kernelPortCases)('$title', async ({ run }) => {
    using pod = await realPod();
    await run(pod.world);
  });

  it('is proven once the plan is applied, and broken once its closing route is gone', async () => {
    using pod = await realPod();
    const { kernel } = pod.world;
    await applyPlan(kernel);
    const facts = { ...contractLink, ...contractIdentity, linkName: 'net1' };
    expect(await verifyKernel(kernel, facts)).toEqual([]);
    await pod.netlink.routes.remove({
      family: 'ipv4',
      type: 'unreachable',
      destination: '0.0.0.0/0',
      table: contractLink.table,
      metric: 0xffff_ffff,
    });
    expect(await verifyKernel(kernel, facts)).toEqual([
      expect.objectContaining({ code: 'fail-closed-route-missing', severity: 'broken' }),
    ]);
  });

  it('says NetAdminMissing to a process without that capability, which may still read', async () => {
    using pod = await realPod();
    const before = await observed(pod.world.kernel);
    const steps = planKernel(before, contractLink);
    const program = fileURLToPath(new URL('kernel-port-child.ts', import.meta.url));
    const { status, stderr } = spawnSync(
      'setpriv',
      `--bounding-set -net_admin --inh-caps -net_admin ${process.execPath} -C truetuple-source`
        .split(' ')
        .concat(program, pod.netns.path, JSON.stringify(steps)),
      { encoding: 'utf8' },
    );
    expect(status).toBe(1);
    expect(stderr).toMatch(/NetAdminMissing/);
    expect(stderr).toMatch(/ip route replace unreachable default .* with EPERM/);
    expect(await observed(pod.world.kernel)).toEqual(before);
  });

  it('says NetlinkUnavailable for a namespace that is not there', async () => {
    await expect(linuxKernel({ netns: '/run/netns/there-is-none' })).rejects.toMatchObject({
      code: 'NetlinkUnavailable',
      remedy: expect.stringContaining('CAP_SYS_ADMIN') as unknown,
    });
  });

  it('tells no settings of all links in a namespace that only a path names', async () => {
    using pod = await realPod();
    const kernel = await linuxKernel({ netns: pod.netns.path });
    const { settings, allSettings, ipv6 } = await observed(kernel);
    kernel.close();
    expect([settings.arpIgnore, allSettings, ipv6?.allKeepAddrOnDown]).toEqual([
      0,
      undefined,
      undefined,
    ]);
  });

  it('makes an IPv6 address that is under duplicate detection usable at once', async () => {
    using pod = await realPod();
    const { kernel } = pod.world;
    pod.netns.writeFile('/proc/sys/net/ipv6/conf/net1/disable_ipv6', '0');
    pod.netns.writeFile('/proc/sys/net/ipv6/conf/net1/dad_transmits', '30');
    const { address } = contractIpv6;
    const { linkIndex } = await observed(kernel);
    await pod.netlink.addresses.add({ family: 'ipv6', linkIndex, address: `${address}/64` });
    const given = { ...contractIdentity, publicIpv6: { ...contractIpv6, prefixLength: 64 } };
    const wanted = { ...contractLink, identities: [given] };
    const facts = { ...contractLink, ...given, linkName: 'net1' };
    await applyPlan(kernel, { ...wanted, identities: [contractIdentity] });
    expect(await verifyKernel(kernel, facts)).toContainEqual(
      expect.objectContaining({ code: 'ipv6-address-tentative' }),
    );
    const kinds = (await applyPlan(kernel, wanted)).map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['remove-ipv6-address', 'add-ipv6-address']));
    expect(await verifyKernel(kernel, facts)).toEqual([]);
    expect(await applyPlan(kernel, wanted)).toEqual([]);
  });

  it('says of a link with a smaller MTU than IPv6 needs why it has none', async () => {
    using pod = await realPod();
    const { kernel } = pod.world;
    await applyPlan(kernel, dualStackLink);
    await pod.netlink.links.set({ name: 'net1' }, { mtu: 1270 });
    const state = await observed(kernel);
    expect(state.ipv6).toBeUndefined();
    expect(refuseIpv6(state, dualStackLink)?.message).toContain('IPv6 needs 1280');
  });

  it('reads a delivery table as changed when one rule does something else under its own comment', async () => {
    using pod = await realPod();
    const { kernel } = pod.world;
    await applyPlan(kernel, wanting(translate));
    expect((await observed(kernel)).deliveryTables?.[0]?.does).toBeDefined();
    using nft = await openNftables({ netns: pod.netns });
    const [one] = await nft.rules.list({ family: 'ip', chain: 'postrouting' });
    if (one === undefined) throw new Error('no rule at postrouting');
    const { handle, ...same } = one;
    const expressions = [...one.expressions.slice(0, -1), { kind: 'drop' } as const];
    await nft.transaction((t) =>
      t.addRule({ ...same, expressions, place: { kind: 'instead-of', handle } }),
    );
    expect((await observed(kernel)).deliveryTables).toEqual([
      { publicIp: contractIdentity.publicIp },
    ]);
    await applyPlan(kernel, wanting(translate));
    expect(await applyPlan(kernel, wanting(translate))).toEqual([]);
  });

  it.skipIf(reason === undefined && programsMissing('nft')).each<[string, readonly WantedLink[]]>([
    ['both', [contractLink, released]],
    ['rule', [wanting(rule), released]],
    ['dnat', [wanting(dnat), released]],
    ['translate', [wanting(translate), released]],
    ['both, dual stack', [dualStackLink, dualStackReleased]],
  ])('does what the described commands do, delivery %s', async (_delivery, stages) => {
    using pod = await realPod();
    using twin = await realPod();
    for (const wanted of stages) {
      const steps = planKernel(await observed(twin.world.kernel), wanted);
      expect(steps).not.toEqual([]);
      for (const step of steps) runCommand(twin, describeKernelStep(step).command);
      await applyPlan(pod.world.kernel, wanted);
      const [ours, theirs] = [await observed(pod.world.kernel), await observed(twin.world.kernel)];
      expect(comparable(theirs)).toEqual(comparable(ours));
      expect(ruleset(twin)).toEqual(ruleset(pod));
    }
  });
});

function wanting(plan: DeliveryPlan): WantedLink {
  return { ...contractLink, identities: [{ ...contractIdentity, ...plan }] };
}

/** Without our comments in nftables, which no described command writes, and what a kernel makes of a MAC address. */
function comparable(state: LinkState): unknown {
  const { ipv6 } = state;
  const addresses = ipv6?.addresses.filter(({ scope }) => scope === 'global');
  return {
    ...state,
    macAddress: '',
    deliveryTables: state.deliveryTables?.length,
    ipv6: { ...ipv6, addresses },
  };
}

/** The whole ruleset, but for what nft(8) has no words for: writing into what an ICMP error quotes. */
function ruleset({ netns }: RealPod): unknown {
  return (listed(netns) as readonly { readonly rule?: { readonly comment?: string } }[])
    .filter((entry) => !JSON.stringify(entry).includes('"icmp"'))
    .map((entry) => {
      if (entry.rule === undefined) return entry;
      const { comment: _comment, ...bare } = entry.rule;
      return { rule: bare };
    });
}

function runCommand({ netns }: RealPod, command: string): void {
  // sysctl(8) of this namespace: /proc/sys/net shows the namespace of whoever opens it
  execFileSync('nsenter', [`--net=${netns.path}`, 'sh', '-c', command], { stdio: 'pipe' });
}
