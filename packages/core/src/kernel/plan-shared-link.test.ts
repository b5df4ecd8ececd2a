import { describe, expect, it } from 'vitest';
import { parseIpv4Address, type Cidr } from '../identity/address.ts';
import { parseIpv6Address, type Ipv6Cidr } from '../identity/ipv6-address.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import {
  applyPlan,
  contractIdentity,
  contractLink,
  observed,
} from '../testing/kernel-port/kernel-port-contract.ts';
import { contractIpv6 } from '../testing/kernel-port/kernel-port-ipv6-cases.ts';
import type { WantedLink } from './wanted-link.ts';

const vpc = '10.0.0.0/16' as Cidr;
const added = '100.64.0.0/16' as Cidr;
const addedIpv6 = '2001:db8:0:300::/56' as Ipv6Cidr;
const first = { ...contractIdentity, publicIpv6: contractIpv6 };
const second = {
  privateIp: parseIpv4Address('10.0.2.129'),
  publicIp: parseIpv4Address('203.0.113.51'),
  publicIpv6: {
    ...contractIpv6,
    address: parseIpv6Address('2001:db8:0:202::51'),
    vpcCidrs: [...contractIpv6.vpcCidrs, addedIpv6],
  },
};
const earlier: WantedLink = { ...contractLink, identities: [first] };
/** Ensured after the VPC had got another block of each family. */
const later: WantedLink = { ...contractLink, vpcCidrs: [vpc, added], identities: [second] };

function pod(): FakeKernel {
  const kernel = fakePod();
  kernel.addAddress('net1', '10.0.2.129/24');
  return kernel;
}

async function destinations(kernel: FakeKernel): Promise<readonly string[]> {
  const { routes, ipv6 } = await observed(kernel);
  return [...routes, ...(ipv6?.routes ?? [])].map(({ destination }) => destination);
}

describe('planKernel, two identities of which one knows more of the VPC', () => {
  it('takes no route away that the other wants', async () => {
    const kernel = pod();
    await applyPlan(kernel, earlier);
    await applyPlan(kernel, later);
    expect(await applyPlan(kernel, earlier)).toEqual([]);
    expect(await applyPlan(kernel, later)).toEqual([]);
    expect(await destinations(kernel)).toEqual(expect.arrayContaining([added, addedIpv6]));
  });

  it('takes it away once the other is released, though its rules stay', async () => {
    const kernel = pod();
    await applyPlan(kernel, earlier);
    await applyPlan(kernel, later);
    await applyPlan(kernel, { ...later, identities: [], releasing: [second] });
    expect(await applyPlan(kernel, earlier)).toMatchObject([
      { kind: 'remove-route', destination: added },
      { kind: 'remove-ipv6-route', destination: addedIpv6 },
    ]);
    expect(await applyPlan(kernel, earlier)).toEqual([]);
  });
});
