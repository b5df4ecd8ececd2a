// A pod dies without a word, its address stays claimed. The reaper believes it only when two passes, apart, have seen it so.
import { ensurePublicIdentity, reapOrphans } from '@truetuple/core';
import { simulatedPod } from '@truetuple/core/testing';

const { spec, node, ec2, clock } = simulatedPod();
await ensurePublicIdentity(spec, { node }); // and then nobody releases it

const live = { livePods: async () => ({ complete: true, pods: [] }) };
const first = await reapOrphans({ pool: spec.pool, live }, { ec2, clock });
console.log(`first pass: ${first.applied.length} steps, ${first.sightings.length} sightings`);

clock.advance(6 * 60_000);
const earlier = first.sightings;
const second = await reapOrphans({ pool: spec.pool, live, earlier }, { ec2, clock });
for (const step of second.applied) console.log(`second pass: ${step.kind}`);
