import { handoverTagKey, parseHandover, type HandoverRequestTag } from '../../identity/handover.ts';
import type { Owner } from '../../identity/owner.ts';
import type { ElasticIp } from '../ec2/ec2-api.ts';
import { tagOf } from './view.ts';

/** A request for a handover as an address shows it. */
export interface ShownRequest extends HandoverRequestTag {
  /** As it was written: it is deleted by its value. */
  readonly value: string;
}

/** The request for a handover that an address shows; undefined when it shows none, or none that can be read. */
export function requestOn(address: ElasticIp): ShownRequest | undefined {
  const value = tagOf(address, handoverTagKey);
  const request = value === undefined ? undefined : parseHandover(value);
  return value === undefined || request === undefined ? undefined : { ...request, value };
}

/**
 * Who asked for it is about to claim it: whoever let it go for that does not take it back, nor does anybody else.
 * @param nowMs wall clock, milliseconds since 1970: until when a request counts; undefined: none does
 */
export function isAskedByAnother(
  address: ElasticIp,
  { owner, nowMs }: { readonly owner: Owner; readonly nowMs?: number | undefined },
): boolean {
  const asked = requestOn(address);
  return (
    asked !== undefined &&
    nowMs !== undefined &&
    asked.untilMs > nowMs &&
    asked.by.uid !== owner.uid
  );
}
