import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { FakeClock } from './fake-clock.ts';
import { simulatedPod } from './simulated-pod.ts';

it('a keep, which waits for ever, leaves the test its turn', async () => {
  const { spec, node, clock } = simulatedPod();
  const held = await ensurePublicIdentity(spec, { node });
  const keeping = await held.keep();
  const before = clock.now();
  await delay(5);
  expect(clock.now()).toBeGreaterThan(before);
  await held.release();
  expect(await keeping.ended).toEqual({ kind: 'closed' });
});

it('an abort during a wait ends it', async () => {
  const stop = new AbortController();
  const waiting = new FakeClock().wait(1_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
});
