import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { ownerTagKey } from './identity/owner.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const own = '10.0.2.128';
const other = '10.0.2.129';

interface Robbery {
  readonly allocationId: string;
  readonly networkInterfaceId: string;
}

/** Another pod of the network interface takes the address, which `claimScope` eni lets it, and its record. */
async function rob({ ec2 }: SimulatedPod, { allocationId, networkInterfaceId }: Robbery) {
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [other] });
  const place = { networkInterfaceId, privateIpAddress: other };
  await ec2.associateAddress({ allocationId, ...place, allowReassociation: false });
  const value = `test/sip/gateway-1/uid-gateway-1/${other}/assigned/${networkInterfaceId}`;
  await ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
}

function privateIpsOf({ ec2 }: SimulatedPod, { networkInterfaceId }: Robbery): string[] {
  const { networkInterfaces } = ec2.snapshot();
  return networkInterfaces
    .filter((one) => one.networkInterfaceId === networkInterfaceId)
    .flatMap((one) => one.privateIpAddresses.map(({ privateIpAddress }) => privateIpAddress));
}

describe('a release of an address that another pod of the network interface has taken', () => {
  it('takes off the private IP that the link has: no record is left that would say so', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await rob(pod, held.identity);
    expect(privateIpsOf(pod, held.identity)).toEqual(['10.0.2.10', own, other]);
    await held.release();
    expect(privateIpsOf(pod, held.identity)).toEqual(['10.0.2.10', other]);
    const [address] = pod.ec2.snapshot().addresses;
    expect(address).toMatchObject({ privateIpAddress: other });
    const record = address?.tags.find(({ key }) => key === ownerTagKey);
    expect(record?.value).toContain(other);
  });

  it('leaves it where the link has it no longer: it may be the next pod’s', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    await rob(pod, held.identity);
    pod.kernel.removeAddress('net1', `${own}/24`);
    await held.release();
    expect(privateIpsOf(pod, held.identity)).toEqual(['10.0.2.10', own, other]);
  });
});

it('a release takes back what stands published of an earlier association of the address, which was not replaced yet', async () => {
  const pod = simulatedPod();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const { allocationId, networkInterfaceId, associationId } = identity;
  await pod.ec2.disassociateAddress({ associationId });
  const place = { networkInterfaceId, privateIpAddress: own };
  const made = await pod.ec2.associateAddress({
    allocationId,
    ...place,
    allowReassociation: false,
  });
  await releasePublicIdentity({ ...identity, ...made }, { node: pod.node });
  expect(await pod.node.openPublisher('').current()).toBeUndefined();
  expect(pod.ec2.snapshot().addresses[0]?.associationId).toBeUndefined();
});

it('a release gives back what a keep claimed again, and was not answered, when its record had been deleted', async () => {
  const pod = simulatedPod();
  const before = pod.ec2.snapshot();
  const { identity } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const { allocationId, networkInterfaceId, associationId } = identity;
  await pod.ec2.disassociateAddress({ associationId });
  await pod.ec2.deleteTags({ resources: [allocationId], tags: [{ key: ownerTagKey }] });
  await pod.ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress: own });
  await releasePublicIdentity(identity, { node: pod.node });
  expect(pod.ec2.snapshot().addresses).toEqual(before.addresses);
  expect(pod.ec2.snapshot().routeTables).toEqual(before.routeTables);
  expect(privateIpsOf(pod, identity)).toEqual(['10.0.2.10']);
});
