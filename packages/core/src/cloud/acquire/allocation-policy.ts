import { poolTagKey } from '../../identity/owner.ts';
import type { Allocation } from '../plan/plan-cloud.ts';
import type { Acquire } from './acquire-grant.ts';

/** Makes a pool grow when none of it is free. Nothing shrinks it again. */
export interface AllocationPolicy {
  /**
   * How many addresses the pool may have, as describes show it. Each process that looks before they show what others have allocated may
   * exceed it by one, and they may be seconds behind: EC2 has no call that compares. The account's quota is the hard limit.
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
