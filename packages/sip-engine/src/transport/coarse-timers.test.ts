import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.ts';
import { CoarseTimers } from './coarse-timers.ts';

const tickMs = 20;

function timersAt(startMs: number): { clock: FakeClock; timers: CoarseTimers } {
  const clock = new FakeClock(startMs);
  return { clock, timers: new CoarseTimers(clock, tickMs) };
}

describe('coarse timers', () => {
  test.prop([
    fc.integer({ min: 0, max: 1_000 }),
    fc.array(fc.record({ ms: fc.integer({ min: 0, max: 500 }), isCancelled: fc.boolean() })),
  ])('run once, never early, a tick late at most; cancelled ones do not run', (start, wanted) => {
    const { clock, timers } = timersAt(start);
    const ran = wanted.map((): number[] => []);
    const cancels = wanted.map(({ ms }, at) =>
      timers.setTimer(ms, () => ran[at]?.push(clock.now() - start)),
    );
    for (const [at, { isCancelled }] of wanted.entries()) if (isCancelled) cancels[at]?.();
    clock.advance(1_000);
    for (const [at, { ms, isCancelled }] of wanted.entries()) {
      const [first, ...more] = ran[at] ?? [];
      expect(more).toEqual([]);
      if (isCancelled) expect(first).toBeUndefined();
      else expect(first).toSatisfy((after: number) => after >= ms && after < ms + tickMs);
    }
    expect(clock.pending).toBe(0);
  });

  it('wake once for all that fall due at one tick', () => {
    const { clock, timers } = timersAt(0);
    for (let ms = 481; ms <= 500; ms += 1) timers.setTimer(ms, () => undefined);
    expect(clock.pending).toBe(1);
  });

  it('keep nothing waiting when the last timer of a tick is cancelled, and take a new one there', () => {
    const { clock, timers } = timersAt(0);
    const cancel = timers.setTimer(500, () => undefined);
    cancel();
    expect(clock.pending).toBe(0);
    const ran: string[] = [];
    timers.setTimer(500, () => ran.push('again'));
    // what was cancelled already cancels nothing else
    cancel();
    clock.advance(500);
    expect(ran).toEqual(['again']);
  });

  it('may be cancelled twice, and after they ran: that takes no other with it', () => {
    const { clock, timers } = timersAt(0);
    const ran: string[] = [];
    const cancel = timers.setTimer(500, () => undefined);
    timers.setTimer(500, () => ran.push('its neighbour'));
    cancel();
    cancel();
    clock.advance(500);
    expect(ran).toEqual(['its neighbour']);
    cancel();
    expect(clock.pending).toBe(0);
  });

  it('may cancel one another, and set new ones, as they run', () => {
    const { clock, timers } = timersAt(0);
    const ran: string[] = [];
    timers.setTimer(100, () => {
      ran.push('first');
      cancelSecond();
      timers.setTimer(0, () => ran.push('set meanwhile'));
    });
    const cancelSecond = timers.setTimer(100, () => ran.push('second'));
    clock.advance(100);
    expect(ran).toEqual(['first', 'set meanwhile']);
    expect(clock.pending).toBe(0);
  });

  it('go on when one of them throws', () => {
    const { clock, timers } = timersAt(0);
    const ran: string[] = [];
    timers.setTimer(100, () => ran.push('before'));
    timers.setTimer(100, () => {
      throw new Error('broken');
    });
    timers.setTimer(100, () => ran.push('after'));
    expect(() => clock.advance(100)).toThrow('broken');
    clock.advance(1);
    expect(ran).toEqual(['before', 'after']);
    expect(clock.pending).toBe(0);
  });
});
