import { describe, expect, it } from 'vitest';
import { parseIpv4Address } from '../../identity/address.ts';
import { parseIdentitySpec } from '../../identity/identity-spec.ts';
import { ownerTagKey } from '../../identity/owner.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import type { ClaimSeen } from '../identity-grant.ts';
import { describeLagMs } from './judge-claim.ts';

const privateIp = parseIpv4Address('10.0.2.128');

/** A claim of which everything was taken away: the private IP, the association, the record, the route. */
async function buildTakenAway() {
  const pod = simulatedPod({ clock: new ManualClock() });
  const spec = parseIdentitySpec(pod.spec);
  const grants = await pod.node.openGrant(spec);
  const link = { macAddress: '02:00:00:00:02:0a', privateIp };
  const held = await grants.acquire({ spec, link, onClaimed: async () => {} });
  await grants.release(held);
  const { networkInterfaceId } = held;
  await pod.ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: true });
  const maintain = (mayWrite: (seen: ClaimSeen) => Promise<boolean>) =>
    pod.clock.run(grants.maintain(held, { claimAgeMs: describeLagMs, mayWrite }));
  return { ...pod, held, maintain };
}

/** All that a claim is made of; the source/destination check is the network interface's. */
function claimIn({ ec2 }: Awaited<ReturnType<typeof buildTakenAway>>): unknown {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  const ips = networkInterfaces.map((one) => one.privateIpAddresses);
  return [addresses, ips, routeTables.map(({ routes }) => routes)];
}

describe('maintain, of a claim that its caller does not want put back', () => {
  it('writes nothing when it is told so at once', async () => {
    const built = await buildTakenAway();
    const writes = built.ec2.calls.countWrites();
    const state = await built.maintain(async () => false);
    expect(state).toEqual({ kind: 'let-go', left: undefined });
    expect(built.ec2.calls.countWrites()).toBe(writes);
  });

  // check, private IP, association, record, route: asked before each, and after the last
  it.each([1, 2, 3, 4, 5])('undoes what it wrote before it was told so: %i', async (writes) => {
    const built = await buildTakenAway();
    const before = claimIn(built);
    let asked = 0;
    const state = await built.maintain(async () => (asked += 1) <= writes);
    expect(asked).toBe(writes + 1);
    expect(state).toEqual({ kind: 'let-go', left: undefined });
    expect(claimIn(built)).toEqual(before);
  });

  it('says what it could not undo', async () => {
    const built = await buildTakenAway();
    built.ec2.denyActions(['DisassociateAddress']);
    let asked = 0;
    const state = await built.maintain(async () => (asked += 1) <= 3);
    expect(state).toMatchObject({ kind: 'let-go', left: { code: 'AccessDenied' } });
  });

  it('tells its caller whether the owner record still stands', async () => {
    const built = await buildTakenAway();
    const { allocationId, networkInterfaceId } = built.held;
    const seen: boolean[] = [];
    const ask = async ({ isRecorded }: ClaimSeen): Promise<boolean> => {
      seen.push(isRecorded);
      return false;
    };
    await built.maintain(ask);
    const value = `test/sip/gateway-0/uid-gateway-0/10.0.2.128/assigned/${networkInterfaceId}`;
    await built.ec2.createTags({ resources: [allocationId], tags: [{ key: ownerTagKey, value }] });
    await built.maintain(ask);
    expect(seen).toEqual([false, true]);
  });
});
