import { describe, expect, it, vi } from 'vitest';
import { formatHandover, handoverTagKey } from './identity/handover.ts';
import { kernelError } from './kernel/kernel-error.ts';
import { keptIntervalMs, keptPod, told } from './testing/kept-pod.ts';

const minutes = 60_000;

async function build() {
  const kept = await keptPod();
  return { ...kept, apply: vi.spyOn(kept.pod.kernel, 'apply') };
}

type Built = Awaited<ReturnType<typeof build>>;

/** As another pod of the same ENI: the claim's scope is the ENI. */
async function steal({ pod: { ec2 }, keeping: { identity } }: Built) {
  const { allocationId, networkInterfaceId } = identity;
  const privateIpAddress = '10.0.2.140';
  const privateIpAddresses = [privateIpAddress];
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
  await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
}

function stepsOf({ apply }: Built): string[] {
  return apply.mock.calls.map(([step]) => step.kind);
}

function linkOf({ pod }: Built): string {
  return JSON.stringify(pod.kernel.snapshot().links);
}

describe('keep: what is lost and cannot be fenced', () => {
  it('is not put back on the link while its publication cannot be withdrawn, and told once', async () => {
    const built = await build();
    const { pod, keeping, events } = built;
    const withdraw = vi.spyOn(pod.publisher, 'withdraw').mockRejectedValue(new Error('EROFS'));
    await steal(built);
    await pod.clock.advance(10 * minutes);
    expect(told(events)).toEqual(['degraded NotProven']);
    expect(stepsOf(built)).not.toContain('add-address');
    expect(linkOf(built)).not.toContain('203.0.113.50');
    withdraw.mockRestore();
    await pod.clock.advance(2000);
    expect(told(events).slice(1)).toEqual(['lost']);
    expect(await keeping.ended).toMatchObject({ kind: 'lost', isFenced: true });
    expect(await pod.publisher.current()).toBeUndefined();
    expect(pod.clock.waiting).toBe(0);
  });

  it('is off the link two seconds after the kernel can be read again, and its silence is told once', async () => {
    const built = await build();
    const { pod, events } = built;
    const reads = vi
      .spyOn(pod.kernel, 'observe')
      .mockRejectedValue(kernelError({ errno: 'ENOBUFS' }, { what: 'ip link show net1' }));
    await steal(built);
    await pod.clock.advance(10 * minutes);
    expect(told(events)).toEqual(['unsure KernelRefused', 'degraded KernelRefused']);
    reads.mockRestore();
    await pod.clock.advance(2000);
    expect(told(events).at(-1)).toBe('lost');
    expect(linkOf(built)).not.toContain('203.0.113.50');
  });

  it('is not put back either while what another pod asked for cannot be given back', async () => {
    const built = await build();
    const { pod, keeping, events } = built;
    const { allocationId, associationId } = keeping.identity;
    const by = { cluster: 'test', namespace: 'sip', pod: 'gateway-1', uid: 'uid-gateway-1' };
    const value = formatHandover({ by, associationId, untilMs: pod.clock.now() + 60 * minutes });
    await pod.ec2.createTags({ resources: [allocationId], tags: [{ key: handoverTagKey, value }] });
    pod.ec2.denyActions(['DisassociateAddress']);
    await pod.clock.advance(10 * minutes);
    expect(new Set(told(events))).toEqual(new Set(['unsure AccessDenied']));
    // as often as EC2 is looked at, and the link
    expect(events.length).toBeLessThan(45);
    expect(stepsOf(built)).not.toContain('add-address');
    pod.ec2.denyActions([]);
    await pod.clock.advance(keptIntervalMs);
    expect(told(events).at(-1)).toBe('lost');
    expect(await keeping.ended).toMatchObject({ kind: 'lost', because: 'handed-over' });
  });
});
