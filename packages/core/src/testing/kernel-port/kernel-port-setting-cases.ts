import assert from 'node:assert/strict';
import type { LinkSettings } from '../../kernel/kernel-port.ts';
import { verifyKernel } from '../../verify/verify-kernel.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  observed,
  type AllLinksSetting,
  type KernelPortCase,
  type KernelWorld,
} from './kernel-port-contract.ts';
import { contractIpv6, dualStackLink } from './kernel-port-ipv6-cases.ts';

const none: LinkSettings = { rpFilter: 0, arpAnnounce: 0, arpIgnore: 0 };
const facts = { ...contractLink, ...contractIdentity, linkName: 'net1' };
const dualStackFacts = { ...facts, publicIpv6: contractIpv6 };

/** What verification says once net1 has settings of its own and all links have one. */
async function findings(
  { kernel, setAllLinks }: KernelWorld,
  own: Partial<LinkSettings>,
  [name, value]: readonly [AllLinksSetting, number],
): Promise<string[]> {
  await applyPlan(kernel);
  const { linkIndex, linkName, settings } = await observed(kernel);
  await kernel.apply({
    kind: 'set-link-settings',
    linkIndex,
    linkName,
    settings: { ...settings, ...own },
  });
  await setAllLinks(name, value);
  const found = await verifyKernel(kernel, facts);
  return found.map(({ code, seen }) => `${code}: ${seen}`);
}

/** Settings that count for each link beside its own. */
export const kernelPortSettingCases: readonly KernelPortCase[] = [
  {
    title:
      'observe tells the settings of all links beside those of the link, and no plan fights them',
    async run({ kernel, setAllLinks }) {
      assert.deepEqual((await observed(kernel)).allSettings, none);
      await setAllLinks('rp_filter', 1);
      await setAllLinks('arp_announce', 1);
      await setAllLinks('arp_ignore', 2);
      await applyPlan(kernel);
      const { settings, allSettings } = await observed(kernel);
      assert.deepEqual(settings, { rpFilter: 2, arpAnnounce: 2, arpIgnore: 1 });
      assert.deepEqual(allSettings, { rpFilter: 1, arpAnnounce: 1, arpIgnore: 2 });
      assert.deepEqual(await applyPlan(kernel), []);
    },
  },
  ...[2, 8].map((value): KernelPortCase => ({
    title: `verification sees that arp_ignore ${value} of all links leaves ARP for the address unanswered`,
    async run(world) {
      assert.deepEqual(await findings(world, {}, ['arp_ignore', value]), [
        `arp-unanswered: arp_ignore of all links is ${value}, of net1 1`,
      ]);
    },
  })),
  {
    title: 'verification sees that arp_ignore 3 of all links answers for addresses of other links',
    async run(world) {
      assert.deepEqual(await findings(world, {}, ['arp_ignore', 3]), [
        'arp-answers-foreign: arp_ignore of all links is 3, of net1 1',
      ]);
    },
  },
  {
    title:
      'verification sees rp_filter 1 of all links where net1 has none, and not where it is loose',
    async run(world) {
      assert.deepEqual(await findings(world, {}, ['rp_filter', 1]), []);
      assert.deepEqual(await findings(world, { rpFilter: 0 }, ['rp_filter', 1]), [
        'reverse-path-strict: rp_filter of all links is 1, of net1 0',
      ]);
      assert.deepEqual(await findings(world, { rpFilter: 1 }, ['rp_filter', 2]), []);
    },
  },
  {
    title: 'verification finds nothing in settings of net1 that those of all links make up for',
    async run(world) {
      const own = { arpAnnounce: 0, arpIgnore: 0 };
      assert.equal((await findings(world, own, ['arp_announce', 2])).length, 1);
      assert.deepEqual(await findings(world, own, ['arp_ignore', 1]), []);
    },
  },
  {
    title: 'IPv6: keep_addr_on_down 1 of all links keeps an address of a link that has it not',
    async run(world) {
      assert.deepEqual(await keptOnDown(world, false, 1), { kept: true, codes: [] });
    },
  },
  {
    title: 'IPv6: keep_addr_on_down -1 of all links loses the address of a link that has it',
    async run(world) {
      const seen = 'net.ipv6.conf.all.keep_addr_on_down is -1';
      const codes = [`ipv6-address-lost-on-down: ${seen}`];
      assert.deepEqual(await keptOnDown(world, true, -1), { kept: false, codes });
    },
  },
];

/** Whether an IPv6 address outlives its link's going down, and what verification said before. */
async function keptOnDown(
  { kernel, setAllLinks, setLinkUp }: KernelWorld,
  own: boolean,
  all: number,
): Promise<{ readonly kept: boolean; readonly codes: readonly string[] }> {
  await applyPlan(kernel, dualStackLink);
  const { linkIndex, linkName } = await observed(kernel);
  const settings = { disabled: false, keepAddrOnDown: own };
  await kernel.apply({ kind: 'set-ipv6-settings', linkIndex, linkName, settings });
  await setAllLinks('keep_addr_on_down', all);
  const found = await verifyKernel(kernel, dualStackFacts);
  await setLinkUp('net1', false);
  const { ipv6 } = await observed(kernel);
  return {
    kept: ipv6?.addresses.some(({ address }) => address === contractIpv6.address) === true,
    codes: found.map(({ code, seen }) => `${code}: ${seen}`),
  };
}
