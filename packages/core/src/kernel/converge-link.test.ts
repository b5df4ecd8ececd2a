import { describe, expect, it } from 'vitest';
import type { Cidr } from '../identity/address.ts';
import type { DeliveryPlan } from '../identity/delivery.ts';
import { reportSteps } from '../report-step.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import type { FakeKernel } from '../testing/fake-kernel/fake-kernel.ts';
import { fakePod } from '../testing/fake-kernel/fake-pod.ts';
import { contractLink } from '../testing/kernel-port/kernel-port-contract.ts';
import { dualStackLink } from '../testing/kernel-port/kernel-port-ipv6-cases.ts';
import { convergeLink } from './converge-link.ts';
import type { WantedLink } from './wanted-link.ts';

const translate: DeliveryPlan = { delivery: 'translate', routedCidrs: ['10.0.1.0/24' as Cidr] };
const [identity] = dualStackLink.identities.map((one) => ({ ...one, ...translate }));
if (identity?.publicIp === undefined) throw new Error('the contract has no identity');
const { publicIp } = identity;
const held: WantedLink = { ...contractLink, identities: [identity] };
const released: WantedLink = {
  ...contractLink,
  identities: [],
  releasing: [{ ...identity, publicIp }],
};

async function carry(kernel: FakeKernel, linkName: string, wanted: WantedLink): Promise<void> {
  const report = await reportSteps(new FakeClock(), undefined);
  await convergeLink({ kernel, report, linkName, wanted });
}

describe('convergeLink, a link that was renamed, or is gone', () => {
  it('a release takes off it all that it would have taken off before', async () => {
    const kernel = fakePod();
    const renamed = fakePod();
    for (const one of [kernel, renamed]) await carry(one, 'net1', held);
    renamed.renameLink('net1', 'net1x');
    for (const one of [kernel, renamed]) await carry(one, 'net1', released);
    renamed.renameLink('net1x', 'net1');
    expect(JSON.stringify(renamed.snapshot())).not.toContain(`"address":"${publicIp}"`);
    expect(renamed.snapshot()).toEqual(kernel.snapshot());
  });

  it('a release leaves the address to an identity that has it on another link by now', async () => {
    const kernel = fakePod();
    await carry(kernel, 'net1', held);
    kernel.removeLink('net1');
    kernel.addLink({ name: 'net2', addresses: ['10.0.2.128/24'] });
    await carry(kernel, 'net2', { ...held, table: 201 });
    await carry(kernel, 'net1', released);
    expect(await kernel.linkWith(publicIp)).toBe('net2');
    expect(kernel.snapshot().deliveryTables).toMatchObject([
      { publicIp, does: { linkName: 'net2' } },
    ]);
  });

  it('a release of a link that stays leaves the table of another link', async () => {
    const kernel = fakePod();
    await carry(kernel, 'net1', held);
    kernel.removeAddress('net1', `${publicIp}/32`);
    kernel.addLink({ name: 'net2', addresses: ['10.0.2.128/24'] });
    await carry(kernel, 'net2', { ...held, table: 201 });
    await carry(kernel, 'net1', released);
    expect(kernel.snapshot().deliveryTables).toMatchObject([
      { publicIp, does: { linkName: 'net2' } },
    ]);
  });

  it('no identity is put on a link of another name', async () => {
    const kernel = fakePod();
    await carry(kernel, 'net1', held);
    kernel.renameLink('net1', 'net1x');
    await expect(carry(kernel, 'net1', held)).rejects.toMatchObject({ code: 'LinkNotFound' });
  });
});
