import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import { claimAsPod, crowdOf } from '../../testing/crowd.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { faithfulEc2 } from '../../testing/simulated-ec2/faithful-ec2.ts';
import { documentedRates } from '../../testing/simulated-ec2/request-buckets.ts';
import { simulatedNode } from '../../testing/simulated-node.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import { directGrant } from '../direct-grant.ts';
import type { Grant, IdentityGrant } from '../identity-grant.ts';
import { governedEc2 } from './governed-ec2.ts';
import { RequestLanes, type RequestLanesOptions } from './request-lanes.ts';

const region = 'eu-central-1';
const aged = { claimAgeMs: 3_600_000 };

function crowd(addresses: number) {
  const clock = new ManualClock();
  const { ec2: simulated, pods } = crowdOf(addresses, { clock, requestRates: documentedRates });
  const governed = (options: RequestLanesOptions = {}) => {
    const lanes = new RequestLanes({ clock, random: () => 0.5 }, options);
    return governedEc2({ ec2: simulated, lanes, clock });
  };
  const throttled = () =>
    simulated.calls.entries.filter(({ outcome }) => outcome === 'RequestLimitExceeded').length;
  return { clock, simulated, pods, governed, throttled };
}

it('one process with 200 pods is never throttled, and is done when the bucket of claims allows', async () => {
  const { clock, simulated, pods, governed, throttled } = crowd(200);
  const ec2 = governed();
  await clock.run(Promise.all(pods.map((pod) => claimAsPod(ec2, pod))));
  expect(throttled()).toBe(0);
  const counts = simulated.calls.counts();
  expect(counts).toMatchObject({ AssignPrivateIpAddresses: 8, AssociateAddress: 200 });
  expect(simulated.snapshot().addresses.every((one) => one.associationId !== undefined)).toBe(true);
  // 45 at once, the rest 4.5 a second
  expect(clock.elapsed() / 1000).toBeGreaterThan((200 - 46) / 4.5);
  expect(clock.elapsed() / 1000).toBeLessThan((200 - 45) / 4.5 + 1);
});

// the README's figures
it.each([
  { processes: 1, seconds: 35, throttledShare: 0 },
  { processes: 4, seconds: 45, throttledShare: 1 / 2 },
  { processes: 20, seconds: 45, throttledShare: 2 / 3 },
])(
  '$processes processes that know nothing of each other share the account: all 200 are served',
  async ({ processes, seconds, throttledShare }) => {
    const { clock, simulated, pods, governed, throttled } = crowd(200);
    const apis = Array.from({ length: processes }, () => governed({ tries: 100 }));
    const claims = pods.map((pod, index) => {
      const ec2 = apis[index % processes];
      if (ec2 === undefined) throw new Error('no such process');
      return claimAsPod(ec2, pod);
    });
    await clock.run(Promise.all(claims));
    const { addresses } = simulated.snapshot();
    expect(addresses.every((one) => one.associationId !== undefined)).toBe(true);
    expect(throttled() > 0).toBe(processes > 1);
    expect(throttled() / simulated.calls.count()).toBeLessThanOrEqual(throttledShare);
    expect(clock.elapsed() / 1000).toBeLessThan(seconds);
  },
);

describe('an EC2 that throttles every call', () => {
  const tries = 8;
  it.each([
    [
      'maintain',
      (grants: IdentityGrant, grant: Grant): Promise<unknown> => grants.maintain(grant, aged),
    ],
    ['release', (grants: IdentityGrant, grant: Grant): Promise<unknown> => grants.release(grant)],
  ] as const)('is tried by one layer only: %s', async (_verb, act) => {
    const clock = new ManualClock();
    const pod = simulatedPod({ clock });
    const held = await clock.run(ensurePublicIdentity(pod.spec, { node: pod.node }));
    const lanes = new RequestLanes({ clock, random: () => 0.5 }, { tries });
    const ec2 = governedEc2({ ec2: pod.ec2, lanes, clock });
    pod.ec2.inject({ action: '*', error: 'RequestLimitExceeded', times: Infinity });
    const before = pod.ec2.calls.count();
    const beganMs = clock.elapsed();
    const grants = directGrant({ ec2, clock });
    await expect(clock.run(act(grants, held.identity))).rejects.toMatchObject({
      code: 'Throttled',
    });
    // three kinds of describes, each as often as the governor tries
    expect(pod.ec2.calls.count() - before).toBeLessThanOrEqual(3 * tries);
    expect(clock.elapsed() - beganMs).toBeLessThan(120_000);
  });
});

async function holdOnFaithfulEc2(heldForMs: number) {
  const clock = new ManualClock();
  const pod = simulatedPod({ clock, ec2: faithfulEc2({ region, clock }) });
  const lanes = new RequestLanes({ clock, random: () => 0.5 });
  const ec2 = governedEc2({ ec2: pod.ec2, lanes, clock });
  const { kernel, publisher } = pod;
  const node = simulatedNode({ ec2, kernel, clock, publisher });
  const held = await clock.run(ensurePublicIdentity(pod.spec, { node }));
  const whenHeld = pod.ec2.snapshot();
  await clock.advance(heldForMs);
  await clock.run(held.release());
  return { publicIp: held.identity.publicIp, whenHeld, after: pod.ec2.snapshot() };
}

it('an identity is held, and given back whole, on the most faithful EC2', async () => {
  const { publicIp, whenHeld, after } = await holdOnFaithfulEc2(10_000);
  expect(whenHeld.addresses).toMatchObject([{ publicIp, privateIpAddress: '10.0.2.128' }]);
  expect(after.addresses).toMatchObject([{ publicIp }]);
  expect(after.addresses[0]).not.toHaveProperty('associationId');
  expect(after.networkInterfaces.flatMap((one) => one.privateIpAddresses)).toHaveLength(2);
});

it('an identity that is given back before describes show it leaves nothing', async () => {
  const { after } = await holdOnFaithfulEc2(0);
  expect(after.addresses[0]).not.toHaveProperty('associationId');
  expect(after.addresses[0]?.tags).toHaveLength(1);
  expect(after.networkInterfaces.flatMap((one) => one.privateIpAddresses)).toHaveLength(2);
  const routes = after.routeTables.flatMap((table) => table.routes);
  expect(routes.filter((route) => route.destinationCidrBlock.endsWith('/32'))).toEqual([]);
});

it('an acquire that is aborted while a write waits for its turn ends at once; nothing was sent', async () => {
  const clock = new ManualClock();
  const pod = simulatedPod({ clock });
  const rates = { AssociateAddress: { burst: 1, perSecond: 0.001 } };
  const lanes = new RequestLanes({ clock, random: () => 0.5 }, { rates });
  const ec2 = governedEc2({ ec2: pod.ec2, lanes, clock });
  await lanes.of('AssociateAddress').turn(undefined);
  const { kernel, publisher } = pod;
  const node = simulatedNode({ ec2, kernel, clock, publisher });
  const stop = new AbortController();
  const ensured = ensurePublicIdentity(pod.spec, { node, signal: stop.signal });
  await clock.advance(5000);
  expect(lanes.of('AssociateAddress').length).toBe(1);
  stop.abort();
  await expect(clock.run(ensured)).rejects.toMatchObject({ code: 'Aborted' });
  expect(clock.elapsed()).toBeLessThan(10_000);
  expect(pod.ec2.calls.count('AssociateAddress')).toBe(0);
  const { networkInterfaces } = pod.ec2.snapshot();
  expect(networkInterfaces.flatMap((one) => one.privateIpAddresses)).toHaveLength(2);
});
