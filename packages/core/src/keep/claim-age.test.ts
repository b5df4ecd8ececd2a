import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { thisNode } from '../this-node.ts';
import { claimAgeMs } from './claim-age.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';

const publishedAt = '2026-01-01T00:00:00.000Z';
const now = (): number => Date.parse(publishedAt) - 3_600_000;

function age(claimedAtUptimeMs: number | undefined, uptimeMs: number): number {
  const when = claimedAtUptimeMs === undefined ? {} : { claimedAtUptimeMs };
  return claimAgeMs({ now, elapsed: () => uptimeMs }, { publishedAt, ...when } as PublicIdentity);
}

it('is told by the machine’s monotonic clock, whatever the wall clock was set to', () => {
  expect(age(60_000, 90_000)).toBe(30_000);
});

it('is no less than the machine has been up when that was started since', () => {
  expect(age(600_000, 90_000)).toBe(90_000);
});

it('is told by the wall clock where nothing else says so', () => {
  expect(age(undefined, 90_000)).toBe(-3_600_000);
});

it('all processes of a machine have one monotonic clock', () => {
  const { clock } = thisNode();
  const before = clock.elapsed();
  const theirs = execFileSync(process.execPath, ['-p', 'String(process.hrtime.bigint())']);
  const there = Number(theirs) / 1e6;
  expect(there).toBeGreaterThanOrEqual(before);
  expect(there).toBeLessThanOrEqual(clock.elapsed());
});
