import { valueOf } from '../message/header-list.ts';
import type { SipMessage } from '../message/message.ts';
import { isSdp } from '../message/sdp-tuples.ts';

/** A body of ours, to be said again. */
export interface SaidBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** The session description of a message; undefined when it has none. */
export function bodyOf(message: SipMessage): SaidBody | undefined {
  const contentType = valueOf(message, 'content-type');
  if (contentType === undefined || !isSdp(contentType) || message.body.length === 0) {
    return undefined;
  }
  return { contentType, body: message.body };
}
