import type { Owner } from './owner.ts';

/** Key of the tag that asks the pod which holds an Elastic IP to let it go. */
export const handoverTagKey = 'truetuple/handover';

/** What that tag says. */
export interface HandoverRequestTag {
  /** Who shall have it. */
  readonly by: Owner;
  /** The hold that is meant, and no other: an association's id is never used again. */
  readonly associationId: string;
  /** Milliseconds since 1970: later nobody heeds it. */
  readonly untilMs: number;
}

/** The tag's value: cluster/namespace/pod/uid/association id/seconds since 1970, so that it is deleted by value. */
export function formatHandover({ by, associationId, untilMs }: HandoverRequestTag): string {
  const { cluster, namespace, pod, uid } = by;
  return [cluster, namespace, pod, uid, associationId, Math.floor(untilMs / 1000)].join('/');
}

/** Reads the tag's value; undefined when it is not one of ours. */
export function parseHandover(value: string): HandoverRequestTag | undefined {
  const [cluster, namespace, pod, uid, associationId, until, ...rest] = value.split('/');
  if (!cluster || !namespace || !pod || !uid || !associationId || rest.length > 0) return undefined;
  if (until === undefined || !/^\d{1,12}$/.test(until)) return undefined;
  return { by: { cluster, namespace, pod, uid }, associationId, untilMs: Number(until) * 1000 };
}
