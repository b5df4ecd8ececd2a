import { CoreError } from '../../errors.ts';
import type { ReapPlan } from './plan-reap.ts';

export interface ReapBrake {
  /** The share of what a pool holds that may look orphaned at once, 0 to 1. */
  readonly share: number;
  /** So many orphans never brake, whatever their share. */
  readonly floor: number;
}

/** Why a plan is not to be carried out; undefined when it may be. */
export function brakeReap(
  { orphans, judged }: Pick<ReapPlan, 'orphans' | 'judged'>,
  pool: string,
  brake: ReapBrake,
): CoreError | undefined {
  if (orphans.length <= brake.floor || orphans.length <= brake.share * judged) return undefined;
  return new CoreError({
    code: 'TooManyOrphans',
    message: `${orphans.length} of ${judged} things of pool ${pool} look orphaned, more than ${brake.floor} and more than the share ${brake.share}: nothing was taken away`,
    remedy:
      'Check that the list of live pods is that of the cluster that uses this pool, and whole. If so many pods are dead indeed, reap once with brakeShare: 1.',
    retry: 'later',
  });
}

/** Nobody knows who lives: whoever reaps now may take from the living. */
export function ownersUnknown(pool: string, cause?: unknown): CoreError {
  const said = cause instanceof Error ? `: ${cause.message}` : ' says that it may be incomplete';
  return new CoreError({
    code: 'OwnersUnknown',
    message: `Reaping pool ${pool}: the list of live pods${said}`,
    remedy:
      'Check that the Kubernetes API is reached and that its list of pods is synchronised; what is orphaned waits for the next pass.',
    retry: 'later',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Nobody knows what is claimed: a controller may be giving it to a pod. */
export function claimsUnknown(pool: string, cause: unknown): CoreError {
  const said = cause instanceof Error ? cause.message : 'it was refused';
  return new CoreError({
    code: 'OwnersUnknown',
    message: `Reaping pool ${pool}: listing its claims: ${said}`,
    remedy: 'Check that the claim store is reached; what is orphaned waits for the next pass.',
    retry: 'later',
    cause,
  });
}
