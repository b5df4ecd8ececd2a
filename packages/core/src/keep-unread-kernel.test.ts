import { describe, expect, it, vi } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { KeepOptions } from './keep/keeping.ts';
import { kernelError } from './kernel/kernel-error.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const intervalMs = 30_000;
const publicCidr = '203.0.113.50/32';

async function build(options: KeepOptions = {}) {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const events: KeepEvent[] = [];
  const keeping = await held.keep({
    intervalMs,
    random: () => 0.999,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  await pod.clock.advance(5 * 60_000);
  return { pod, keeping, events };
}

function said(events: readonly KeepEvent[]): string[] {
  return events.map((event) =>
    'error' in event ? `${event.kind} ${event.error.code}` : event.kind,
  );
}

/** So many reads of the link fail, as for want of memory. */
function failReads({ kernel }: SimulatedPod<ManualClock>, count: number) {
  const observe = kernel.observe.bind(kernel);
  let left = count;
  return vi.spyOn(kernel, 'observe').mockImplementation((...asked) => {
    if (left-- <= 0) return observe(...asked);
    return Promise.reject(kernelError({ errno: 'ENOBUFS' }, { what: 'ip link show net1' }));
  });
}

describe('keep: a kernel that cannot be read', () => {
  it.each([intervalMs, 600_000])(
    'one look that fails withdraws nothing, and is made good within two seconds (interval %i ms)',
    async (interval) => {
      const { pod, keeping, events } = await build({ intervalMs: interval });
      const withdraw = vi.spyOn(pod.publisher, 'withdraw');
      const reads = failReads(pod, 2);
      pod.kernel.removeAddress('net1', publicCidr);
      await pod.clock.settle();
      expect(said(events)).toEqual(['unsure KernelRefused']);
      await pod.clock.advance(2000);
      expect(said(events).slice(1)).toEqual(['repaired']);
      expect(withdraw).not.toHaveBeenCalled();
      reads.mockRestore();
      await keeping.close();
    },
  );

  it('a look that fails where another shows what is missing is a proof, and made again as soon', async () => {
    const { pod, keeping, events } = await build();
    const reads = failReads(pod, 1);
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.settle();
    expect(said(events)).toEqual(['degraded KernelRefused']);
    expect(await pod.publisher.current()).toBeUndefined();
    await pod.clock.advance(2000);
    expect(said(events).slice(1)).toEqual(['repaired', 'restored']);
    reads.mockRestore();
    await keeping.close();
  });

  it('a kernel that cannot be read for more than an interval is withdrawn, and published when it can', async () => {
    const { pod, keeping, events } = await build();
    const reads = failReads(pod, Infinity);
    pod.kernel.addAddress('eth0', '10.0.1.77/32', 'global');
    await pod.clock.advance(intervalMs - 2000);
    expect(said(events)).toEqual(['unsure KernelRefused']);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await pod.clock.advance(6000);
    expect(said(events)).toEqual(['unsure KernelRefused', 'degraded KernelRefused']);
    expect(await pod.publisher.current()).toBeUndefined();
    reads.mockRestore();
    await pod.clock.advance(2000);
    expect(said(events).at(-1)).toBe('restored');
    await keeping.close();
  });
});
