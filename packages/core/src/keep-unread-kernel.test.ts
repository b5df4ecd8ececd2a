import { describe, expect, it, vi } from 'vitest';
import { kernelError } from './kernel/kernel-error.ts';
import { keptIntervalMs, keptPod, told } from './testing/kept-pod.ts';
import type { ManualClock } from './testing/manual-clock.ts';
import type { SimulatedPod } from './testing/simulated-pod.ts';

const publicCidr = '203.0.113.50/32';

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
  it.each([keptIntervalMs, 600_000])(
    'one look that fails withdraws nothing, and is made good within two seconds (interval %i ms)',
    async (interval) => {
      const { pod, keeping, events } = await keptPod({ intervalMs: interval });
      const withdraw = vi.spyOn(pod.publisher, 'withdraw');
      const reads = failReads(pod, 2);
      pod.kernel.removeAddress('net1', publicCidr);
      await pod.clock.settle();
      expect(told(events)).toEqual(['unsure KernelRefused']);
      await pod.clock.advance(2000);
      expect(told(events).slice(1)).toEqual(['repaired']);
      expect(withdraw).not.toHaveBeenCalled();
      reads.mockRestore();
      await keeping.close();
    },
  );

  it('a look that fails where another shows what is missing is a proof, and made again as soon', async () => {
    const { pod, keeping, events } = await keptPod();
    const reads = failReads(pod, 1);
    pod.kernel.removeAddress('net1', publicCidr);
    await pod.clock.settle();
    expect(told(events)).toEqual(['degraded KernelRefused']);
    expect(await pod.publisher.current()).toBeUndefined();
    await pod.clock.advance(2000);
    expect(told(events).slice(1)).toEqual(['repaired', 'restored']);
    reads.mockRestore();
    await keeping.close();
  });

  it('a kernel that cannot be read for more than an interval is withdrawn, and published when it can', async () => {
    const { pod, keeping, events } = await keptPod();
    const reads = failReads(pod, Infinity);
    pod.kernel.addAddress('eth0', '10.0.1.77/32', 'global');
    await pod.clock.advance(keptIntervalMs - 2000);
    expect(told(events)).toEqual(['unsure KernelRefused']);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await pod.clock.advance(6000);
    expect(told(events)).toEqual(['unsure KernelRefused', 'degraded KernelRefused']);
    expect(await pod.publisher.current()).toBeUndefined();
    reads.mockRestore();
    await pod.clock.advance(2000);
    expect(told(events).at(-1)).toBe('restored');
    await keeping.close();
  });
});
