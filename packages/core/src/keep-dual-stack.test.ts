import { describe, expect, it } from 'vitest';
import { aroundEc2 } from './cloud/ec2/around-ec2.ts';
import { Ec2CallError } from './cloud/ec2/ec2-call-error.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { parseIpv6Address } from './identity/ipv6-address.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedNode } from './testing/simulated-node.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const intervalMs = 30_000;
const describeLagMs = 5 * 60_000;
const secondLookMs = 2000;
const address = parseIpv6Address('2001:db8:0:202::50');

/** A dual-stack identity that is kept, five minutes after it was claimed. */
async function build() {
  const pod = simulatedPod({ clock: new ManualClock() });
  const addressFamilies = ['ipv4', 'ipv6'] as const;
  const spec = { ...pod.spec, addressFamilies, publicIpv6: address, gatewayIpv6: 'fe80::1' };
  const held = await ensurePublicIdentity(spec, { node: pod.node });
  await pod.clock.advance(describeLagMs);
  const events: KeepEvent[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(event);
  const keeping = await held.keep({ intervalMs, random: () => 0.999, onEvent });
  await pod.clock.settle();
  const { networkInterfaceId } = held.identity;
  const onLink = async () =>
    (await pod.kernel.observe('net1', 200))?.ipv6?.addresses.map((one) => one.address);
  return { ...pod, held, keeping, events, networkInterfaceId, onLink };
}

describe('keep: the IPv6 side', () => {
  it('an address that somebody took off the link is put back within the turn', async () => {
    const { kernel, clock, keeping, events, onLink } = await build();
    const kind = 'remove-ipv6-address';
    await kernel.apply({ kind, linkIndex: 3, linkName: 'net1', address, prefixLength: 128 });
    await clock.settle();
    expect(events).toMatchObject([
      { kind: 'repaired', half: 'kernel', steps: [{ kind: 'add-ipv6-address' }] },
    ]);
    expect(await onLink()).toEqual([address]);
    await keeping.close();
  });

  it('an address that somebody took off the network interface is put back at the next look', async () => {
    const { ec2, clock, keeping, events, networkInterfaceId } = await build();
    await ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    await clock.advance(intervalMs);
    await clock.advance(secondLookMs);
    expect(events).toMatchObject([
      { kind: 'repaired', half: 'cloud', steps: [{ kind: 'assign-ipv6-address' }] },
    ]);
    await keeping.close();
  });

  it('does not keep an Elastic IP that was claimed anew waiting through an outage', async () => {
    const { ec2, clock, kernel, publisher, held, keeping } = await build();
    await keeping.close();
    const { associationId } = held.identity;
    const outage = { isOn: false };
    const failing = aroundEc2(ec2, async (action, call, make) => {
      if (outage.isOn)
        throw new Ec2CallError({ action, ec2Code: 'TimeoutError', message: 'silence' });
      const answer = await make(call);
      outage.isOn = action === 'AssociateAddress';
      return answer;
    });
    const node = simulatedNode({ ec2: failing, kernel, clock, publisher });
    const again = await held.keep({ node, intervalMs, random: () => 0.999 });
    await clock.settle();
    await ec2.disassociateAddress({ associationId });
    await clock.advance(intervalMs);
    for (let second = 0; second < 60 && !outage.isOn; second++) await clock.advance(1000);
    expect(outage.isOn).toBe(true);
    const claimedMs = clock.elapsed();
    const isTold = async () => (await publisher.current())?.associationId !== associationId;
    for (let step = 0; step < 600 && !(await isTold()); step++) await clock.advance(100);
    // the tries of one part of the look, not of both
    expect(clock.elapsed() - claimedMs).toBeLessThan(10_000);
    await again.close();
  });

  it('one that another network interface has is lost: fenced, and off the link', async () => {
    const { ec2, clock, keeping, events, networkInterfaceId, publisher, onLink } = await build();
    const { subnetId } = ec2
      .snapshot()
      .networkInterfaces.find((eni) => eni.networkInterfaceId === networkInterfaceId) ?? {
      subnetId: '',
    };
    const thief = ec2.createNetworkInterface({ subnetId }).networkInterfaceId;
    await ec2.unassignIpv6Addresses({ networkInterfaceId, ipv6Addresses: [address] });
    await ec2.assignIpv6Addresses({ networkInterfaceId: thief, ipv6Addresses: [address] });
    await clock.advance(intervalMs);
    await clock.advance(secondLookMs);
    await clock.settle();
    expect(events).toMatchObject([{ kind: 'lost', because: 'ipv6-taken' }]);
    expect(await keeping.ended).toMatchObject({ kind: 'lost', isFenced: true });
    expect(await publisher.current()).toBeUndefined();
    expect(await onLink()).toEqual([]);
  });

  it('release ends it and takes the address off both', async () => {
    const { ec2, held, keeping, networkInterfaceId, onLink } = await build();
    await held.release();
    expect(await keeping.ended).toMatchObject({ kind: 'closed' });
    const { networkInterfaces } = ec2.snapshot();
    const eni = networkInterfaces.find((one) => one.networkInterfaceId === networkInterfaceId);
    expect(eni).not.toHaveProperty('ipv6Addresses');
    expect(eni?.tags).toEqual([]);
    expect(await onLink()).toEqual([]);
  });
});
