import type { Scene } from '../scenes.ts';
import type { Pod, World } from '../world.ts';

/** Longer than a lease is good for, so that whoever has it next knows nothing but the claims. */
const leastMs = 26_000;
/** So long before its end at most a pod is replaced: a list of live pods that is behind shows the dead one still. */
const lateMs = 6000;

/** Claims gather that no controller looks at, at last two for one link. */
export const outageScene: Scene = {
  what: 'no controller reaches the claims, and a pod whose claim waits is replaced on its private IP',
  recallMs: 0,
  betweenMs: [0, 10_000],
  play: async ({ world, cluster }) => {
    const { managed, scheduler, random } = world;
    if (managed === undefined) return;
    const forMs = random.between(leastMs, 2 * leastMs);
    for (const host of managed.hosts) {
      world.note(host.name, '!!! does not reach the claims', forMs);
      host.storeCutUntilMs = world.nowMs + forMs;
    }
    await scheduler.wait(forMs - random.between(0, lateMs));
    const pod = pickWaiting(world);
    if (pod === undefined) return;
    world.note(pod.name, '!!! is replaced on its private IP', pod.uid);
    cluster.recycle(pod);
  },
};

/** One whose claim no controller has looked at. */
function pickWaiting({ standing, managed, random }: World): Pod | undefined {
  const waiting = standing.filter(
    (pod) => managed?.claimsOf(pod).some(({ status }) => status === null) === true,
  );
  return waiting.length === 0 ? undefined : random.pick(waiting);
}
