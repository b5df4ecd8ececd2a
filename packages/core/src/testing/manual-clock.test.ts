import { afterEach, expect, it, vi } from 'vitest';
import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import { ManualClock } from './manual-clock.ts';
import { simulatedPod } from './simulated-pod.ts';

afterEach(() => vi.useRealTimers());

it.each<[string, Parameters<typeof vi.useFakeTimers>[0]]>([
  ['as they are', {}],
  ['of microtasks too', { toFake: ['setImmediate', 'setTimeout', 'queueMicrotask', 'Date'] }],
])('moves on beside the fake timers of a test runner, %s', async (_which, config) => {
  vi.useFakeTimers(config);
  const clock = new ManualClock();
  const { spec, node, kernel } = simulatedPod({ clock });
  const held = await clock.run(ensurePublicIdentity(spec, { node }));
  const events: string[] = [];
  const keeping = await held.keep({ onEvent: ({ kind }) => events.push(kind) });
  kernel.removeAddress('net1', `${held.identity.publicIp}/32`);
  await clock.advance(40_000);
  expect(events).toEqual(['repaired']);
  await clock.run(held.release());
  expect(await keeping.ended).toEqual({ kind: 'closed' });
});
