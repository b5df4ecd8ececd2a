import type { Clock } from '../identity/clock.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';

/**
 * How long ago the identity was claimed, at least, in milliseconds. Wall clocks are set, forth and back: they are asked only of a
 * value that does not say when by the machine's monotonic clock; below zero when one was set back. A machine that was started since
 * has been up for less than that.
 */
export function claimAgeMs(
  clock: Pick<Clock, 'now' | 'elapsed'>,
  { claimedAtUptimeMs, publishedAt }: PublicIdentity,
): number {
  if (claimedAtUptimeMs === undefined) return clock.now() - Date.parse(publishedAt);
  const uptimeMs = clock.elapsed();
  return uptimeMs < claimedAtUptimeMs ? uptimeMs : uptimeMs - claimedAtUptimeMs;
}
