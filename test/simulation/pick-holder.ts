import type { Pod, World } from './world.ts';

/** One of the pods that have published an address and keep it. */
export function pickHolder({ standing, random }: World): Pod | undefined {
  const holders = standing.filter(
    ({ published, process, isStopping }) =>
      published !== undefined && process?.phase === 'keep' && process.isAlive && !isStopping,
  );
  return holders.length === 0 ? undefined : random.pick(holders);
}
