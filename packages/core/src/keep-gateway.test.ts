import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { KeepOptions } from './keep/keeping.ts';
import type { NeighbourEntry } from './kernel/kernel-port.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const reachable: NeighbourEntry = { state: 'reachable', macAddress: '02:00:00:00:02:01' };
const failed: NeighbourEntry = { state: 'failed', macAddress: undefined };

async function build(options: KeepOptions = {}) {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await pod.clock.advance(5 * 60_000);
  const { gateway } = held.identity;
  const set = async (entry: NeighbourEntry | undefined): Promise<void> => {
    pod.kernel.setNeighbour('net1', gateway, entry);
    await pod.clock.settle();
  };
  await set(reachable);
  const events: KeepEvent[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(event);
  const keeping = await held.keep({ onEvent, ...options });
  await pod.clock.settle();
  return { pod, keeping, set, kinds: () => events.map(({ kind }) => kind) };
}

it('tells that the gateway is silent after ten seconds, and that it answers again at once', async () => {
  const { pod, keeping, set, kinds } = await build();
  await set(failed);
  await pod.clock.advance(9999);
  expect(kinds()).toEqual([]);
  await pod.clock.advance(1);
  expect(kinds()).toEqual(['gateway-unreachable']);
  await pod.clock.advance(3_600_000);
  expect(kinds()).toEqual(['gateway-unreachable']);
  await set(reachable);
  expect(kinds()).toEqual(['gateway-unreachable', 'gateway-reachable']);
  await keeping.close();
});

it('never fences for it: an hour later the identity is published and on the link', async () => {
  const { pod, keeping, set } = await build();
  await set(failed);
  await pod.clock.advance(3_600_000);
  expect(await pod.publisher.current()).toEqual(keeping.identity);
  expect(keeping.identity.generation).toBe(1);
  expect(JSON.stringify(pod.kernel.snapshot().links)).toContain('203.0.113.50');
  await keeping.close();
});

it('waits as long as it is told to, and no more', async () => {
  const { pod, keeping, set, kinds } = await build({ gatewaySilenceMs: 3000 });
  await set(failed);
  await pod.clock.advance(2999);
  await set(reachable);
  await pod.clock.advance(10_000);
  expect(kinds()).toEqual([]);
  await set(failed);
  await pod.clock.advance(3000);
  expect(kinds()).toEqual(['gateway-unreachable']);
  await keeping.close();
});

it('tells at once that the gateway has another MAC address', async () => {
  const { keeping, set, kinds } = await build();
  await set({ state: 'reachable', macAddress: '02:00:00:00:02:99' });
  expect(kinds()).toEqual(['gateway-changed']);
  await keeping.close();
});

it('sees what the kernel tells nobody of, an entry that stays incomplete, at its next looks', async () => {
  const { pod, keeping, set, kinds } = await build();
  await set({ state: 'incomplete', macAddress: undefined });
  await pod.clock.advance(2 * 30_000 + 10_000);
  expect(kinds()).toEqual(['gateway-unreachable']);
  await keeping.close();
});

it('tells nothing of a silence that the end of the keep cuts short, and leaves no timer', async () => {
  const { pod, keeping, set, kinds } = await build();
  await set(failed);
  await keeping.close();
  expect([pod.clock.waiting, pod.kernel.watches]).toEqual([0, 0]);
  await pod.clock.advance(60_000);
  expect(kinds()).toEqual([]);
});

it('is kept all the same when the kernel does not tell of its neighbours', async () => {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  pod.kernel.lookupNeighbour = () => Promise.reject(new Error('ENOBUFS'));
  const events: KeepEvent[] = [];
  const keeping = await held.keep({ onEvent: (event) => void events.push(event) });
  pod.kernel.removeAddress('net1', '203.0.113.50/32');
  await pod.clock.settle();
  expect(events.map(({ kind }) => kind)).toEqual(['repaired']);
  await keeping.close();
});
