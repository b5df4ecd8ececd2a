// The account's buckets, of which others take the most: the AWS VPC CNI, other controllers.
import { describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import { claimAsPod, crowdOf } from '../../testing/crowd.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import {
  documentedRates,
  type SimulatedRates,
} from '../../testing/simulated-ec2/request-buckets.ts';
import { seededRandom } from '../../testing/simulated-ec2/seeded-random.ts';
import { simulatedNode } from '../../testing/simulated-node.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import type { Ec2Action } from './ec2-action.ts';
import { governedEc2 } from './governed-ec2.ts';
import { RequestLanes } from './request-lanes.ts';

const claims = 200;
/** EC2's bucket of AssociateAddress, which a claim each has to pass. */
const { burst, perSecond } = { burst: 50, perSecond: 5 };

/** The documented buckets, with so much gone of what comes back to each. */
function ratesWithout(gone: number): SimulatedRates {
  const entries = Object.entries(documentedRates.perAction) as [Ec2Action, { perSecond: number }][];
  const otherCallers: Partial<Record<Ec2Action, { readonly perSecond: number }>> = {};
  for (const [action, rate] of entries) otherCallers[action] = { perSecond: gone * rate.perSecond };
  return { ...documentedRates, otherCallers };
}

// the README's figures
const rows = [
  { gone: 1 / 3, share: undefined, ofBound: 1.05, throttledShare: 0.15 },
  { gone: 1 / 2, share: undefined, ofBound: 1.3, throttledShare: 0.3 },
  { gone: 3 / 4, share: undefined, ofBound: 1.2, throttledShare: 0.55 },
  { gone: 0.9, share: undefined, ofBound: 1.1, throttledShare: 0.8 },
  { gone: 0.9, share: 0.1, ofBound: 1.31, throttledShare: 0 },
] as const;

describe.each(rows)('with $gone of each bucket gone and a share of $share', (row) => {
  it.each([1, 2, 3])('200 claims are all served, near the bound (chance %i)', async (seed) => {
    const clock = new ManualClock();
    const { ec2, pods } = crowdOf(claims, { clock, requestRates: ratesWithout(row.gone) });
    const options = row.share === undefined ? {} : { share: row.share };
    const lanes = new RequestLanes({ clock, random: seededRandom(seed) }, options);
    const governed = governedEc2({ ec2, lanes, clock });
    await clock.run(Promise.all(pods.map((pod) => claimAsPod(governed, pod))));
    const { addresses } = ec2.snapshot();
    expect(addresses.every((one) => one.associationId !== undefined)).toBe(true);
    const boundMs = (1000 * (claims - burst)) / (perSecond * (1 - row.gone));
    expect(clock.elapsed()).toBeGreaterThanOrEqual(boundMs - 1000);
    expect(clock.elapsed()).toBeLessThan(boundMs * row.ofBound + 2000);
    const refused = ec2.calls.entries.filter(({ outcome }) => outcome !== 'done');
    expect(refused.every(({ outcome }) => outcome === 'RequestLimitExceeded')).toBe(true);
    expect(refused.length / ec2.calls.count()).toBeLessThanOrEqual(row.throttledShare);
    // without a share that fits it hears of the others, and with one it does not
    expect(refused.length > 0).toBe(row.share === undefined);
  });
});

it('an identity comes and goes with a tenth of the buckets left', async () => {
  const clock = new ManualClock();
  const pod = simulatedPod({ clock, ec2: { requestRates: ratesWithout(0.9) } });
  const before = pod.ec2.snapshot();
  const lanes = new RequestLanes({ clock, random: seededRandom(1) });
  const ec2 = governedEc2({ ec2: pod.ec2, lanes, clock });
  const { kernel, publisher } = pod;
  const node = simulatedNode({ ec2, kernel, clock, publisher });
  for (let time = 0; time < 40; time++) {
    const held = await clock.run(ensurePublicIdentity(pod.spec, { node }));
    expect(pod.ec2.snapshot().addresses).toMatchObject([{ privateIpAddress: '10.0.2.128' }]);
    await clock.run(held.release());
  }
  expect(pod.ec2.snapshot().addresses).toEqual(before.addresses);
  const outcomes = pod.ec2.calls.entries.map(({ outcome }) => outcome);
  expect(outcomes).toContain('RequestLimitExceeded');
});
