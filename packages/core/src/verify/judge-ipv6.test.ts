import { expect, it } from 'vitest';
import type { Ipv6LinkAddress } from '../kernel/ipv6-link.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
} from '../testing/kernel-port/kernel-port-contract.ts';
import { contractIpv6, dualStackLink } from '../testing/kernel-port/kernel-port-ipv6-cases.ts';
import { verifyKernel } from './verify-kernel.ts';

const { address } = contractIpv6;
const facts = {
  ...contractLink,
  ...contractIdentity,
  publicIpv6: contractIpv6,
  linkName: 'net1',
};

/** What is found where the address has become so. */
async function findings(change: Partial<Ipv6LinkAddress> | 'gone'): Promise<unknown[]> {
  const kernel = fakePod();
  await applyPlan(kernel, dualStackLink);
  expect(await verifyKernel(kernel, facts)).toEqual([]);
  const ipv6 = kernel.snapshot().links.find(({ name }) => name === 'net1')?.ipv6;
  if (ipv6 === undefined) throw new Error('net1 has no IPv6');
  const addresses =
    change === 'gone' ? [] : ipv6.addresses.map((one): Ipv6LinkAddress => ({ ...one, ...change }));
  kernel.setLink('net1', { ipv6: { ...ipv6, addresses } });
  return (await verifyKernel(kernel, facts)).map(
    ({ code, severity, seen }) => `${severity} ${code}: ${seen}`,
  );
}

it('an IPv6 address is not proven while it is absent, a duplicate, or not yet known to be none', async () => {
  expect(await findings('gone')).toEqual(['broken ipv6-address-missing: net1 has no IPv6 address']);
  expect(await findings({ duplicateFound: true, tentative: true })).toEqual([
    `broken ipv6-address-duplicate: the kernel does not use ${address}: duplicate detection found another holder`,
  ]);
  expect(await findings({ tentative: true })).toEqual([
    `broken ipv6-address-tentative: the kernel does not use ${address} yet: duplicate detection is under way`,
  ]);
});

it('a link whose MTU became too small for IPv6 is found out as such', async () => {
  const kernel = fakePod();
  await applyPlan(kernel, dualStackLink);
  kernel.setLink('net1', { mtu: 1270, ipv6: undefined });
  expect(await verifyKernel(kernel, facts)).toContainEqual(
    expect.objectContaining({
      code: 'ipv6-address-missing',
      seen: 'net1 has no IPv6 at all: the MTU of net1 is 1270, and IPv6 needs 1280 (RFC 8200 section 5)',
    }),
  );
});
