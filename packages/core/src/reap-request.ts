import type { Liveness } from './cloud/liveness.ts';
import type { ClaimStore } from './cloud/managed/claim-store.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { requirePoolName } from './identity/pool-name.ts';
import { isFlag, isLeast, requireOptions } from './identity/require-options.ts';
import { anything, isTime, type OptionRules } from './identity/wrong-options.ts';

/** One pass of the reaper over a pool. */
export interface ReapRequest {
  /** Value of the tag `truetuple/pool`: nothing outside the pool is touched. */
  readonly pool: string;
  /** For messages only: the region is that of the `ec2` port. */
  readonly region?: string;
  readonly live: Liveness;
  /**
   * Where the claims of a pool in managed mode are kept. What a claim is for its controller gives back: no pass takes it away as long as the
   * claim is there, whatever describes and a list of live pods that is behind show. Read just before each write.
   */
  readonly claims?: Pick<ClaimStore, 'list'>;
  /** The `sightings` that the pass before this one reported; default none: then nothing is due yet. */
  readonly earlier?: readonly OrphanSighting[];
  /**
   * How long, in milliseconds, something must have looked orphaned, in passes that far apart; default five
   * minutes, which is as long as describes may lag. 0 takes away at first sight: for a person who knows.
   */
  readonly graceMs?: number;
  /** True to plan and write nothing. */
  readonly dryRun?: boolean;
  /** How many orphans one pass takes away; default 50. The rest waits for the next pass. */
  readonly cap?: number;
  /**
   * How long a list of live pods is waited for, in milliseconds, each time it is asked for; default 30,000. A list that does not come is as
   * good as none.
   */
  readonly livePodsTimeoutMs?: number;
  /** The pass ends when more than this share of what the pool holds looks orphaned; default 0.5, 1 is never. */
  readonly brakeShare?: number;
  /** So many orphans never end the pass; default 5. */
  readonly brakeFloor?: number;
  readonly signal?: AbortSignal;
}

const rules: OptionRules<ReapRequest> = {
  pool: anything,
  region: anything,
  live: anything,
  claims: anything,
  earlier: anything,
  graceMs: isLeast,
  dryRun: isFlag,
  cap: isLeast,
  livePodsTimeoutMs: isTime,
  brakeShare: isLeast,
  brakeFloor: isLeast,
  signal: anything,
};

/** @throws CoreError SpecInvalid */
export function requireReapRequest(request: ReapRequest): void {
  requirePoolName(request);
  requireOptions(request, rules, 'a reap');
}
