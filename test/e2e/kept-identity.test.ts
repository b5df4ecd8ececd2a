import {
  CoreError,
  ensurePublicIdentity,
  type HeldIdentity,
  type KeepEvent,
} from '@truetuple/core';
import { ManualClock, simulatedPod, type SimulatedPod } from '@truetuple/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { keptIdentity } from '../../packages/sip-gateway/src/commands/kept-identity.ts';
import type { TakenIdentity } from '../../packages/sip-gateway/src/commands/taken-identity.ts';

interface Kept {
  readonly pod: SimulatedPod<ManualClock>;
  readonly held: HeldIdentity;
  readonly taken: TakenIdentity;
  readonly events: KeepEvent['kind'][];
}

const intervalMs = 1_000;

async function build(): Promise<Kept> {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const events: KeepEvent['kind'][] = [];
  const onEvent = ({ kind }: KeepEvent): void => void events.push(kind);
  const taken = await keptIdentity(held, { intervalMs, onEvent });
  await pod.clock.settle();
  return { pod, held, taken, events };
}

function isHeld({ ec2 }: SimulatedPod<ManualClock>): boolean {
  return ec2.snapshot().addresses.some(({ associationId }) => associationId !== undefined);
}

describe('an identity that this process took', () => {
  it('is not proven while the link is down, and is again when that is up', async () => {
    const { pod, taken, events } = await build();
    expect(taken.unproven()).toBeUndefined();
    pod.kernel.setLinkUp('net1', false);
    await pod.clock.settle();
    expect(taken.unproven()).toContain('net1');
    pod.kernel.setLinkUp('net1', true);
    await pod.clock.settle();
    expect(taken.unproven()).toBeUndefined();
    expect(taken.identity.generation).toBe(2);
    expect(events).toEqual(['degraded', 'repaired', 'restored']);
    await taken.release();
    expect(isHeld(pod)).toBe(false);
  });

  it('is looked at in EC2 as often as it says, and is lost to whoever has its address', async () => {
    const { pod, taken, events } = await build();
    const { allocationId, networkInterfaceId, privateIp } = taken.identity;
    const privateIpAddress = '10.0.2.140';
    await pod.ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIpAddress],
    });
    await pod.ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    // and two seconds until the second look
    await pod.clock.advance(intervalMs + 2_000);
    expect(await taken.lost).toContain(`203.0.113.50 is not on ${privateIp}`);
    expect(events).toEqual(['lost']);
  });

  it('is lost when another process gives it back', async () => {
    const { pod, taken } = await build();
    await pod.publisher.withdraw(taken.identity);
    await pod.clock.advance(intervalMs);
    expect(await taken.lost).toBe('203.0.113.50 was withdrawn by another process');
  });

  it('is not lost by being given back', async () => {
    const { taken } = await build();
    await taken.release();
    const outcome = await Promise.race([taken.lost, Promise.resolve('not lost')]);
    expect(outcome).toBe('not lost');
  });

  it('is given back when it cannot be kept', async () => {
    const pod = simulatedPod();
    const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
    const refusal = new CoreError({
      code: 'NetAdminMissing',
      message: 'The link was to be watched',
      remedy: 'none',
      retry: 'never',
    });
    const unwatchable: HeldIdentity = {
      identity: held.identity,
      keep: async () => Promise.reject(refusal),
      release: () => held.release(),
      [Symbol.asyncDispose]: () => held.release(),
    };
    const keeping = keptIdentity(unwatchable, { intervalMs: undefined, onEvent: vi.fn() });
    await expect(keeping).rejects.toBe(refusal);
    expect(isHeld(pod as never)).toBe(false);
  });
});
