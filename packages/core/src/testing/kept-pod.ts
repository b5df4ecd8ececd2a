import { ensurePublicIdentity } from '../ensure-public-identity.ts';
import type { KeepEvent } from '../keep/keep-event.ts';
import type { Keeping, KeepOptions } from '../keep/keeping.ts';
import { ManualClock } from './manual-clock.ts';
import { simulatedPod, type SimulatedPod } from './simulated-pod.ts';

/** A pod whose identity is kept, and what the keep has told. */
export interface KeptPod {
  readonly pod: SimulatedPod<ManualClock>;
  readonly keeping: Keeping;
  readonly events: KeepEvent[];
}

export const keptIntervalMs = 30_000;

/** Six minutes after the claim: no describe can be from before it any more. */
export async function keptPod(options: KeepOptions = {}): Promise<KeptPod> {
  const pod = simulatedPod({ clock: new ManualClock() });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const events: KeepEvent[] = [];
  const keeping = await held.keep({
    intervalMs: keptIntervalMs,
    random: () => 0.999,
    onEvent: (event) => void events.push(event),
    ...options,
  });
  await pod.clock.advance(6 * 60_000);
  return { pod, keeping, events };
}

/** Their kinds, with the code of the error of those that have one. */
export function told(events: readonly KeepEvent[]): string[] {
  return events.map((event) =>
    'error' in event ? `${event.kind} ${event.error.code}` : event.kind,
  );
}
