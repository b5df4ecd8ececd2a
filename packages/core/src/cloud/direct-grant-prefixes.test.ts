import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import type { HeldIdentity } from '../held-identity.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { ManagedRegion } from '../testing/managed-region.ts';
import { simulatedPod, type SimulatedPod } from '../testing/simulated-pod.ts';
import type { SimulatedEc2 } from '../testing/simulated-ec2/simulated-ec2.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

const twelve = Array.from({ length: 12 }, (_, number) => `203.0.113.${number + 1}`);

function ensure({ spec, node }: Pick<SimulatedPod, 'spec' | 'node'>): Promise<HeldIdentity> {
  return ensurePublicIdentity(spec, { node });
}

/** Somebody else's Elastic IP on a private IP. */
async function carryForeign(
  ec2: SimulatedEc2,
  place: { readonly networkInterfaceId: string; readonly privateIpAddress: string },
): Promise<void> {
  const { allocationId } = ec2.allocateAddress({ publicIp: '198.51.100.9' });
  await ec2.associateAddress({ allocationId, ...place });
}

function mediaOf(ec2: SimulatedEc2): string {
  const eni = ec2.snapshot().networkInterfaces.find(({ macAddress }) => macAddress.endsWith('0a'));
  return eni?.networkInterfaceId ?? '';
}

const privateIpAddress = '10.0.2.128';
const ipv4Prefixes = ['10.0.2.128/28'];

describe.each(['refuse', 'displace'] as const)(
  'a private IP within a prefix carries somebody else’s address, where EC2 would %s',
  (occupiedPrivateIp) => {
    it('that is seen, and nothing is claimed', async () => {
      const pod = simulatedPod({ pool: twelve, ec2: { occupiedPrivateIp } });
      const { ec2 } = pod;
      const networkInterfaceId = mediaOf(ec2);
      await ec2.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes });
      await carryForeign(ec2, { networkInterfaceId, privateIpAddress });
      const before = ec2.calls.count('AssociateAddress');
      const refused = ensure(pod);
      await expect(refused).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere' });
      await expect(refused).rejects.toThrow('198.51.100.9');
      expect(ec2.calls.count('AssociateAddress')).toBe(before);
    });

    it('in managed mode too', async () => {
      const built = new ManagedRegion({ ec2: { occupiedPrivateIp } });
      region = built;
      const [networkInterfaceId = ''] = built.networkInterfaceIds;
      await built.ec2.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes });
      await carryForeign(built.ec2, { networkInterfaceId, privateIpAddress });
      const before = built.ec2.calls.count('AssociateAddress');
      built.control();
      const refused = built.run(ensure(built.pod('gateway-0', { host: 128 })));
      await expect(refused).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere' });
      await built.run(ensure(built.pod('gateway-1', { host: 129 })));
      expect(built.ec2.calls.count('AssociateAddress')).toBe(before + 1);
    });

    it('a keep that lost its own address sees it, and takes nothing off', async () => {
      const pod = simulatedPod({ ec2: { occupiedPrivateIp } });
      const { ec2, clock } = pod;
      const networkInterfaceId = mediaOf(ec2);
      await ec2.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes });
      const { identity } = await ensure(pod);
      await clock.wait(600_000);
      await ec2.disassociateAddress({ associationId: identity.associationId });
      await carryForeign(ec2, { networkInterfaceId, privateIpAddress });
      const grants = await pod.node.openGrant(pod.spec);
      const { allocationId, associationId, publicIp } = identity;
      const state = await grants.maintain(
        {
          allocationId,
          associationId,
          publicIp,
          networkInterfaceId,
          owner: identity.owner,
          privateIp: identity.privateIp,
          routeTableIds: [],
          privateIpAssignedByUs: false,
        },
        { claimAgeMs: 600_000 },
      );
      expect(state).toMatchObject({ kind: 'lost', because: 'private-ip-taken' });
    });
  },
);

it('what has just come onto its private IP costs a pod a few refusals, and not the whole pool', async () => {
  const pool = Array.from({ length: 40 }, (_, number) => `203.0.113.${number + 1}`);
  const lagMs = { addresses: 5000, networkInterfaces: 5000 };
  const pod = simulatedPod({ pool, ec2: { reads: { lagMs } } });
  const { ec2, clock } = pod;
  const networkInterfaceId = mediaOf(ec2);
  await ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses: [privateIpAddress],
  });
  await clock.wait(10_000);
  await carryForeign(ec2, { networkInterfaceId, privateIpAddress });
  await expect(ensure(pod)).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere' });
  expect(ec2.calls.count('AssociateAddress')).toBeLessThan(14);
});

it('a private IP within another interface’s prefix is said to be held there, and by which', async () => {
  const clock = new FakeClock();
  const pod = simulatedPod({ clock });
  const { ec2 } = pod;
  const media = ec2
    .snapshot()
    .networkInterfaces.find(({ networkInterfaceId }) => networkInterfaceId === mediaOf(ec2));
  const { networkInterfaceId } = ec2.createNetworkInterface({
    subnetId: media?.subnetId ?? '',
    instanceId: media?.attachment?.instanceId ?? '',
    deviceIndex: 2,
  });
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes });
  const before = ec2.calls.count('AssignPrivateIpAddresses');
  const refused = ensure(pod);
  await expect(refused).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere', retry: 'later' });
  await expect(refused).rejects.toThrow(`${networkInterfaceId} holds 10.0.2.128 in a prefix`);
  expect(ec2.calls.count('AssignPrivateIpAddresses')).toBe(before + 1);
});
