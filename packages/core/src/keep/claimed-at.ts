import type { Clock } from '../identity/clock.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';

/**
 * When the identity was claimed, by `elapsed`, since wall clocks are set, forth and back. How long ago only the wall clock can
 * tell: to be asked as soon as the identity is published or found, not when the answer is needed.
 */
export function claimedAt(clock: Clock, { publishedAt }: PublicIdentity): number {
  return clock.elapsed() - Math.max(0, clock.now() - Date.parse(publishedAt));
}
