import { expect, it } from 'vitest';
import { boundedLiveness } from './bounded-liveness.ts';
import type { LivePods } from './cloud/liveness.ts';

const nobody: LivePods = { complete: true, pods: [] };

it('gives the list that comes in time, and the error of one that cannot be had', async () => {
  expect(await boundedLiveness({ livePods: async () => nobody }).livePods()).toBe(nobody);
  const failing = boundedLiveness({ livePods: () => Promise.reject(new Error('no API')) });
  await expect(failing.livePods()).rejects.toThrow('no API');
});

it('ends the wait for one that never comes, and tells who makes it', async () => {
  let given: AbortSignal | undefined;
  const never = boundedLiveness(
    {
      livePods: ({ signal } = {}) => {
        given = signal;
        return new Promise(() => {});
      },
    },
    20,
  );
  await expect(never.livePods()).rejects.toThrow('no list of live pods within 20 ms');
  expect(given?.aborted).toBe(true);
});

it('asks nobody to go on who was told to stop', async () => {
  const live = boundedLiveness({ livePods: () => new Promise(() => {}) });
  await expect(live.livePods({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  });
});
