import { poolTagKey } from '../identity/owner.ts';
import type { Acquire } from './acquire-grant.ts';
import type { Allocation } from './plan-cloud.ts';

/** Makes a pool grow when none of it is free. Nothing shrinks it again. */
export interface AllocationPolicy {
  /**
   * How many addresses the pool may have. Processes that look at the same time may together exceed it, each by one:
   * EC2 has no call that compares. The account's quota is the hard limit.
   */
  readonly upTo: number;
  /** Besides the pool's. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Not again while an allocation may have been carried out whose answer was lost: it shows by its tags. */
export function allocationFor({ allocate, request, session }: Acquire): Allocation | undefined {
  const tried = session.journal.filter(({ kind }) => kind === 'allocate-address').length;
  const answered = session.writes.filter(({ allocated }) => allocated !== undefined).length;
  if (allocate === undefined || tried > answered) return undefined;
  const more = Object.entries(allocate.tags ?? {}).map(([key, value]) => ({ key, value }));
  const { upTo } = allocate;
  return { upTo, tags: [{ key: poolTagKey, value: request.spec.pool }, ...more] };
}
