import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import type { Spared } from './cloud/reap/plan-reap.ts';
import type { CloudStep } from './cloud/steps/cloud-step.ts';
import type { CoreError } from './errors.ts';

/** What a pass of the reaper saw and did. */
export interface ReapReport {
  readonly outcome: ReapOutcome;
  /** The steps for what was due at the first look, within the cap. */
  readonly planned: readonly CloudStep[];
  /** What was done, however the pass ended. */
  readonly applied: readonly CloudStep[];
  /** What looks orphaned and waits for a later pass: not for long enough, or beyond the cap. */
  readonly waiting: readonly Spared[];
  /** What no live pod is known to hold and was left alone all the same. */
  readonly spared: readonly Spared[];
  /** What could not be done: the other orphans were taken away nevertheless. */
  readonly failed: readonly { readonly step: CloudStep; readonly error: CoreError }[];
  /** For the next pass, as its `earlier`. */
  readonly sightings: readonly OrphanSighting[];
}

/** How a pass of the reaper ended. */
export type ReapOutcome =
  | { readonly kind: 'finished' }
  /** Ended on purpose, and somebody should look: TooManyOrphans, or OwnersUnknown. */
  | { readonly kind: 'braked'; readonly error: CoreError }
  /** EC2 could not be read any more, or the signal aborted. */
  | { readonly kind: 'interrupted'; readonly error: CoreError };
