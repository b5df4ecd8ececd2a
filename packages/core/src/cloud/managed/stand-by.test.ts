import { expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { MemoryLease } from '../../testing/memory-lease.ts';
import { standBy } from './stand-by.ts';

function watched(run: (tell: (error: unknown) => void) => Promise<void>) {
  const told: unknown[] = [];
  const seen = { isOver: false, told };
  void run((error) => told.push(error)).then(() => (seen.isOver = true));
  return seen;
}

it('ends as the lease is granted, without a timer', async () => {
  const clock = new ManualClock();
  const lease = new MemoryLease();
  lease.grantTo('another');
  const { signal } = new AbortController();
  const seen = watched((tell) => standBy({ lease: lease.of('one'), clock }, signal, tell));
  await clock.advance(3_600_000);
  expect(seen.isOver).toBe(false);
  expect(clock.waiting).toBe(0);
  lease.grantTo('one');
  await clock.advance(0);
  expect(seen).toEqual({ isOver: true, told: [] });
});

it('ends when it is aborted, and tells nobody', async () => {
  const clock = new ManualClock();
  const stop = new AbortController();
  const lease = new MemoryLease().of('one');
  const seen = watched((tell) => standBy({ lease, clock }, stop.signal, tell));
  stop.abort();
  await clock.advance(0);
  expect(seen).toEqual({ isOver: true, told: [] });
});

it('a lease that cannot be waited for is told, and asked again after a second', async () => {
  const clock = new ManualClock();
  const failure = new Error('the API server is away');
  const lease = { isHeld: () => false, whenHeld: () => Promise.reject(failure) };
  const { signal } = new AbortController();
  const seen = watched((tell) => standBy({ lease, clock }, signal, tell));
  await clock.advance(999);
  expect(seen).toEqual({ isOver: false, told: [failure] });
  await clock.advance(1);
  expect(seen.isOver).toBe(true);
});
