import { expect, it, vi } from 'vitest';
import { isRealtimeHere, realtimePriorityOf } from './thread-realtime.ts';

const readFileSync = vi.hoisted(() => vi.fn<() => string>());
vi.mock('node:fs', () => ({ readFileSync }));

/** As Linux 6 writes it of a thread, up to field 52, with the name, rt_priority and policy left out. */
function stat(name: string, priority: number, policy: number): string {
  const before = 'S 7110 7111 7110 0 -1 4194368 55 0 0 0 12 3 0 0 -2 -10 11 0 8839311 1163919360';
  const between = '14532 18446744073709551615 1 1 0 0 0 0 0 4096 17922 0 0 0 -1 1';
  return `7118 (${name}) ${before} ${between} ${priority} ${policy} 0 0 0 0 0 0 0 0 0 0 0\n`;
}

it('is the priority of SCHED_RR and of SCHED_FIFO', () => {
  expect(realtimePriorityOf(stat('media relay', 42, 2))).toBe(42);
  expect(realtimePriorityOf(stat('media relay', 1, 1))).toBe(1);
});

it('is 0 under a policy that is not realtime', () => {
  expect(realtimePriorityOf(stat('node', 0, 0))).toBe(0);
  expect(realtimePriorityOf(stat('node', 7, 6))).toBe(0);
});

it.each(['a b', '(', ')', ') S 1 (', 'x) R (y'])('is found behind a thread named %s', (name) => {
  expect(realtimePriorityOf(stat(name, 3, 2))).toBe(3);
});

it('is not known of what is no such line', () => {
  expect(realtimePriorityOf('')).toBeUndefined();
  expect(realtimePriorityOf('7118 (node) S 7110 7111')).toBeUndefined();
  expect(realtimePriorityOf(stat('node', 1, 2).slice(0, -25))).toBeUndefined();
});

it('is asked of the thread itself, which is none where no /proc says that it is', () => {
  readFileSync.mockReturnValue(stat('media relay', 1, 2));
  expect(isRealtimeHere()).toBe(true);
  readFileSync.mockReturnValue(stat('media relay', 0, 0));
  expect(isRealtimeHere()).toBe(false);
  readFileSync.mockImplementation(() => {
    throw new Error('ENOENT');
  });
  expect(isRealtimeHere()).toBe(false);
});
