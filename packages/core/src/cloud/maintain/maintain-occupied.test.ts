import { describe, expect, it } from 'vitest';
import { parseIpv4Address } from '../../identity/address.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { formatOwnerTag, ownerTagKey } from '../../identity/owner.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import type { MaintainCall } from '../identity-grant.ts';
import { describeLagMs } from './judge-claim.ts';

const privateIp = parseIpv4Address('10.0.2.128');
const hourMs = 3_600_000;
const young: MaintainCall = { claimAgeMs: 1000 };

const pool = ['203.0.113.50', '203.0.113.51'];

/** A claim on a private IP that a pod which is dead had before, with the pool's other address. */
async function build(
  occupiedPrivateIp: 'refuse' | 'displace' = 'refuse',
  [ownIp = '', othersIp = ''] = pool,
) {
  const clock = new ManualClock();
  const reads = { reachMs: hourMs };
  const pod = simulatedPod({ pool, clock, ec2: { occupiedPrivateIp, reads } });
  const { ec2 } = pod;
  const spec = parseIdentitySpec(pod.spec);
  const grants = await pod.node.openGrant(spec);
  const acquire = (uid: string, address: string) =>
    clock.run(
      grants.acquire({
        spec: parseIdentitySpec({ ...pod.spec, address, owner: { ...spec.owner, uid } }),
        link: { macAddress: '02:00:00:00:02:0a', privateIp },
        onClaimed: async () => {},
      }),
    );
  const dead = await acquire('uid-dead', othersIp);
  await clock.advance(60_000);
  const held = await acquire('uid-live', ownIp);
  const { networkInterfaceId } = held;
  const maintain = (call = young) => clock.run(grants.maintain(held, call));
  /** As a claim that an earlier process of the pod asked EC2 for, and that comes late. */
  const comeLate = async (allocationId = dead.allocationId) => {
    const { associationId } = held;
    if (occupiedPrivateIp === 'refuse') await ec2.disassociateAddress({ associationId });
    const place = { networkInterfaceId, privateIpAddress: privateIp };
    return ec2.associateAddress({ allocationId, ...place, allowReassociation: false });
  };
  const associationOf = (allocationId: string): string | undefined =>
    ec2.snapshot().addresses.find((one) => one.allocationId === allocationId)?.associationId;
  return { ...pod, dead, held, maintain, comeLate, associationOf };
}

describe('maintain of a young claim whose private IP is shown with another address of the pool', () => {
  it.each([
    ['refuse', pool],
    ['displace', pool],
    ['displace', pool.toReversed()],
  ] as const)('ends it and claims its own again: %s %j', async (reading, ips) => {
    const { ec2, dead, held, maintain, comeLate, associationOf } = await build(reading, [...ips]);
    const { allocationId } = held;
    await comeLate();
    // whose the address was says the grant alone
    await ec2.deleteTags({ resources: [allocationId], tags: [{ key: ownerTagKey }] });
    const state = await maintain();
    const associationId = associationOf(allocationId);
    expect(associationId).toBeDefined();
    expect(state).toMatchObject({ kind: 'held', grant: { associationId } });
    expect(associationOf(dead.allocationId)).toBeUndefined();
  });

  it('keeps the association that stands when that is from before it', async () => {
    const { ec2, held, maintain } = await build();
    const before = ec2.snapshot();
    for (const action of ['DescribeAddresses', 'DescribeNetworkInterfaces'] as const) {
      ec2.inject({ action, staleByMs: 30_000, times: 3 });
    }
    const { associationId } = held;
    expect(await maintain()).toMatchObject({ kind: 'held', grant: { associationId } });
    expect(ec2.calls.count('DisassociateAddress')).toBe(2);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('takes nothing from who has that address by now', async () => {
    const { ec2, clock, dead, maintain, held, associationOf } = await build();
    const [, other] = ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = other ?? {};
    const { allocationId } = dead;
    const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId });
    const owner = { ...dead.owner, uid: 'uid-later' };
    const value = formatOwnerTag({
      owner,
      privateIp,
      privateIpAssignedByUs: false,
      networkInterfaceId,
    });
    await ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    const before = ec2.snapshot();
    await clock.advance(1000);
    for (const action of ['DescribeAddresses', 'DescribeNetworkInterfaces'] as const) {
      ec2.inject({ action, staleByMs: 30_000, times: 3 });
    }
    expect(await maintain()).toMatchObject({ kind: 'held', grant: held });
    expect(associationOf(allocationId)).toBe(associationId);
    expect(ec2.snapshot()).toEqual(before);
  });

  it('ends nothing that its caller does not want', async () => {
    const { dead, maintain, comeLate, associationOf } = await build();
    const { associationId } = await comeLate();
    const state = await maintain({ ...young, mayWrite: async () => false });
    expect(state).toEqual({ kind: 'let-go', left: undefined });
    expect(associationOf(dead.allocationId)).toBe(associationId);
  });

  it('is lost once describes cannot be from before the claim: then nothing is ended', async () => {
    const { dead, maintain, comeLate, associationOf } = await build();
    const { associationId } = await comeLate();
    const state = await maintain({ claimAgeMs: describeLagMs });
    expect(state).toMatchObject({ kind: 'lost', because: 'private-ip-taken', associationId });
    expect(associationOf(dead.allocationId)).toBe(associationId);
  });
});
