import type { Pod, World } from './world.ts';

/** One of the pods, of those that are meant, that have published an address and keep it. */
export function pickHolder(
  { standing, random }: World,
  isMeant: (pod: Pod) => boolean = () => true,
): Pod | undefined {
  const holders = standing.filter((pod) => {
    const { published, process, isStopping } = pod;
    const keeps = process?.phase === 'keep' && process.isAlive && !isStopping;
    return published !== undefined && keeps && isMeant(pod);
  });
  return holders.length === 0 ? undefined : random.pick(holders);
}
