/** The size of a token bucket: a call takes one token (EC2 developer guide, "Request throttling"). */
export interface RequestRate {
  /** Tokens of a full bucket: calls that can be made at once. */
  readonly burst: number;
  /** Tokens that come back each second, until the bucket is full. */
  readonly perSecond: number;
}

/** What is in a bucket at a monotonic time. */
export interface BucketLevel {
  readonly tokens: number;
  readonly atMs: number;
}

export function fullBucket(rate: RequestRate, atMs: number): BucketLevel {
  return { tokens: rate.burst, atMs };
}

export function emptyBucket(atMs: number): BucketLevel {
  return { tokens: 0, atMs };
}

/** The level at a later time; a time before the level's own changes nothing. */
export function levelAt(rate: RequestRate, level: BucketLevel, atMs: number): BucketLevel {
  if (atMs <= level.atMs) return level;
  const refilled = level.tokens + ((atMs - level.atMs) * rate.perSecond) / 1000;
  return { tokens: Math.min(rate.burst, refilled), atMs };
}

/** One token less, or how many milliseconds until there is one. */
export type Taken =
  | { readonly kind: 'taken'; readonly level: BucketLevel }
  | { readonly kind: 'wait'; readonly waitMs: number };

export function takeToken(rate: RequestRate, level: BucketLevel, atMs: number): Taken {
  const now = levelAt(rate, level, atMs);
  if (now.tokens >= 1) {
    return { kind: 'taken', level: { tokens: now.tokens - 1, atMs: now.atMs } };
  }
  const waitMs = Math.ceil(((1 - now.tokens) * 1000) / rate.perSecond);
  return { kind: 'wait', waitMs: Math.max(1, waitMs) };
}
