import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemoryPublisher } from './testing/memory-publisher.ts';
import { simulatedNode } from './testing/simulated-node.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const minutes = 60_000;

it('two keeps of one link do not fight over a block that the VPC got in between', async () => {
  const pool = ['203.0.113.50', '203.0.113.51'];
  const pod = simulatedPod({ clock: new ManualClock(), pool, ec2: { claimScope: 'privateIp' } });
  const { ec2, kernel, clock, internet, spec } = pod;
  kernel.addAddress('net1', '10.0.2.129/24');
  const earlier = await ensurePublicIdentity(spec, { node: pod.node });
  const publisher = new MemoryPublisher();
  const node = simulatedNode({ ec2, kernel, clock, publisher, datagrams: internet });
  const owner = { ...spec.owner, pod: 'gateway-1', uid: 'uid-gateway-1' };
  const vpcCidrs = ['10.0.0.0/16', '100.64.0.0/16'];
  const later = await ensurePublicIdentity(
    { ...spec, owner, vpcCidrs, privateIp: '10.0.2.129', identityDirectory: '/run/second' },
    { node },
  );
  const events: KeepEvent[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(event);
  const keeps = [await earlier.keep({ onEvent }), await later.keep({ onEvent })];
  await clock.advance(2 * minutes);
  expect(events).toEqual([]);
  const added = kernel.snapshot().routes.filter((route) => route.destination === '100.64.0.0/16');
  expect(added).toHaveLength(1);
  for (const keeping of keeps) await keeping.close();
});
