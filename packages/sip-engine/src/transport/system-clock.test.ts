import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

describe('the system clock', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('makes short timers wait for nothing', () => {
    const ran: number[] = [];
    for (const ms of [0, 1, 37, 199]) systemClock.setTimer(ms, () => ran.push(ms));
    vi.advanceTimersByTime(38);
    expect(ran).toEqual([0, 1, 37]);
  });

  it('gathers long ones', () => {
    const ran: number[] = [];
    for (const ms of [500, 501, 32_000]) systemClock.setTimer(ms, () => ran.push(ms));
    vi.advanceTimersByTime(499);
    expect(ran).toEqual([]);
    vi.advanceTimersByTime(22);
    expect(ran).toEqual([500, 501]);
    vi.advanceTimersByTime(31_478);
    expect(ran).toEqual([500, 501]);
    vi.advanceTimersByTime(21);
    expect(ran).toEqual([500, 501, 32_000]);
  });

  it('does not mind a wall clock that is put back', () => {
    const ran: number[] = [];
    systemClock.setTimer(500, () => ran.push(500));
    vi.setSystemTime(Date.now() - 200);
    systemClock.setTimer(700, () => ran.push(700));
    vi.advanceTimersByTime(699);
    expect(ran).toEqual([500]);
    vi.advanceTimersByTime(21);
    expect(ran).toEqual([500, 700]);
  });

  it('waits for what is longer than Node can wait', () => {
    const dayMs = 86_400_000;
    const ran: string[] = [];
    systemClock.setTimer(60 * dayMs, () => ran.push('after 60 days'));
    const cancel = systemClock.setTimer(61 * dayMs, () => ran.push('cancelled'));
    for (let day = 0; day < 60; day += 1) {
      expect(ran).toEqual([]);
      vi.advanceTimersByTime(dayMs);
    }
    vi.advanceTimersByTime(1_000);
    expect(ran).toEqual(['after 60 days']);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('holds the process for nothing that was cancelled', () => {
    const cancels = [10, 500, 501, 32_000].map((ms) => systemClock.setTimer(ms, () => undefined));
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    for (const cancel of cancels) cancel();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('the clock of this process', () => {
  it('does not run at once what is longer than Node can wait', async () => {
    const ran: string[] = [];
    const cancel = systemClock.setTimer(4_294_935_000, () => ran.push('after 49 days'));
    // a tick, and one millisecond more than setTimeout makes of such a time
    await new Promise<void>((resolve) => {
      systemClock.setTimer(60, resolve);
    });
    cancel();
    expect(ran).toEqual([]);
  });
});
