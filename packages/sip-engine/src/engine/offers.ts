import type { EngineDialog } from './context.ts';
import { bodyOf } from '../dialog/said-body.ts';
import type { SipRequest } from '../message/message.ts';

/** RFC 3261 14.1: one INVITE at a time in a dialog; RFC 3311 5.1: no offer while one of ours waits for its answer. */
export function isCrossing(live: EngineDialog, request: SipRequest): boolean {
  if (request.method !== 'INVITE') return live.hasOfferOut && isUpdateOffer(request);
  return live.hasPendingIn || live.hasPendingOut || live.hasOfferOut;
}

/**
 * This request goes out.
 * @returns to run when its final response came, or none will
 */
export function openOffer(live: EngineDialog | undefined, request: SipRequest): () => void {
  if (live === undefined || !isUpdateOffer(request)) return () => undefined;
  live.hasOfferOut = true;
  let isOpen = true;
  return () => {
    // once only: the next one may be out when the transaction of this one ends
    if (isOpen) live.hasOfferOut = false;
    isOpen = false;
  };
}

function isUpdateOffer(request: SipRequest): boolean {
  return request.method === 'UPDATE' && bodyOf(request) !== undefined;
}
