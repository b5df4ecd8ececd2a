import { describe, expect, it, vi } from 'vitest';
import { CoreError } from './errors.ts';
import { keptIntervalMs, keptPod, told, type KeptPod } from './testing/kept-pod.ts';

const minutes = 60_000;

/** As a process without a free file descriptor. */
function failReads({ pod }: KeptPod, method: 'current' | 'isReleased') {
  const error = new CoreError({
    code: 'PublishFailed',
    message: 'Could not read the identity file: EMFILE: too many open files',
    remedy: '',
    retry: 'later',
  });
  return vi.spyOn(pod.publisher, method).mockRejectedValue(error);
}

describe('keep: a publication that cannot be read', () => {
  it.each(['current', 'isReleased'] as const)(
    'for as long as %s fails nothing is withdrawn, and each such silence is told once',
    async (method) => {
      const built = await keptPod();
      const { pod, keeping, events } = built;
      const withdraw = vi.spyOn(pod.publisher, 'withdraw');
      for (let silence = 1; silence <= 2; silence++) {
        const reads = failReads(built, method);
        await pod.clock.advance(10 * minutes);
        expect(told(events)).toEqual(Array<string>(silence).fill('unsure PublishFailed'));
        reads.mockRestore();
        await pod.clock.advance(2 * keptIntervalMs);
      }
      expect(events).toHaveLength(2);
      expect(withdraw).not.toHaveBeenCalled();
      expect(await pod.publisher.current()).toEqual(keeping.identity);
      await keeping.close();
    },
  );

  it('EC2 is not written to: another process of the pod may have released it, as is seen later', async () => {
    const built = await keptPod();
    const { pod, keeping } = built;
    const { associationId } = keeping.identity;
    const reads = failReads(built, 'isReleased');
    await pod.publisher.release(keeping.identity);
    await pod.ec2.disassociateAddress({ associationId });
    const writes = pod.ec2.calls.countWrites();
    await pod.clock.advance(5 * minutes);
    expect(pod.ec2.calls.countWrites()).toBe(writes);
    reads.mockRestore();
    await pod.clock.advance(2 * keptIntervalMs);
    expect(await keeping.ended).toEqual({ kind: 'withdrawn' });
    expect(pod.ec2.calls.countWrites()).toBe(writes);
  });

  it('what EC2 lost meanwhile is put back once it can be read', async () => {
    const built = await keptPod();
    const { pod, keeping, events } = built;
    const reads = failReads(built, 'current');
    await pod.ec2.disassociateAddress({ associationId: keeping.identity.associationId });
    await pod.clock.advance(5 * minutes);
    expect(pod.ec2.snapshot().addresses[0]).not.toHaveProperty('associationId');
    reads.mockRestore();
    await pod.clock.advance(2 * keptIntervalMs);
    expect(told(events)).toEqual(['unsure PublishFailed', 'repaired', 'restored']);
    expect(await pod.publisher.current()).toEqual(keeping.identity);
    await keeping.close();
  });
});
