import { requirePoolName } from './identity/pool-name.ts';
import { isFlag, isLeast, requireOptions } from './identity/require-options.ts';
import { anything, isTime, type OptionRules } from './identity/wrong-options.ts';
import type { ReapRequest } from './reap-orphans.ts';

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
