import { headerField } from '../message/header-list.ts';
import type { HeaderField, SipMessage, SipRequest, SipResponse } from '../message/message.ts';
import {
  leastSecondsOf,
  leastSessionSeconds,
  lists,
  sessionExpiresField,
  sessionExpiresOf,
  type Refresher,
} from '../message/session-expires.ts';

/** How long a session lasts without a refresh, and whose business that is (RFC 4028). */
export interface SessionTerms {
  readonly seconds: number;
  readonly isRefresher: boolean;
}

const none: readonly HeaderField[] = [];

/** Section 9: an interval that we refuse with 422; who does not know the extension is not refused. */
export function isSessionTooShort(request: SipRequest): boolean {
  const asked = sessionExpiresOf(request);
  return (
    asked !== undefined &&
    asked.seconds < leastSessionSeconds &&
    lists(request, 'supported', 'timer')
  );
}

/** What the 422 says. */
export function leastSessionField(): HeaderField {
  return headerField('Min-SE', String(leastSessionSeconds));
}

/**
 * What a success of ours adds to answer a Session-Expires (section 9, table 2): who does not know the extension cannot
 * refresh, who names a refresher is obeyed, and else whoever refreshed so far goes on, at first the caller.
 */
export function sessionAnswer(
  request: SipRequest,
  before: SessionTerms | undefined,
): readonly HeaderField[] {
  const asked = sessionExpiresOf(request);
  if (asked === undefined) return none;
  const usual: Refresher = before?.isRefresher === true ? 'uas' : 'uac';
  const refresher = lists(request, 'supported', 'timer') ? (asked.refresher ?? usual) : 'uas';
  // table 2 leaves it at that interval: what is too short has been refused or comes from a proxy that may not raise it
  const fields = [sessionExpiresField(asked.seconds, refresher)];
  return refresher === 'uac' ? [headerField('Require', 'timer'), ...fields] : fields;
}

/**
 * What a request of ours says so that the session goes on as agreed (section 7.4).
 * @param leastSeconds the greatest Min-SE that was heard in the dialog (section 5)
 */
export function sessionRequest(
  { seconds, isRefresher }: SessionTerms,
  leastSeconds: number,
): readonly HeaderField[] {
  return [
    headerField('Supported', 'timer'),
    sessionExpiresField(seconds, isRefresher ? 'uac' : 'uas'),
    headerField('Min-SE', String(Math.min(seconds, leastSeconds))),
  ];
}

/**
 * What this success agrees on; undefined: the session lasts until a BYE.
 * @param role ours in the transaction that it ends
 */
export function agreedTerms(success: SipResponse, role: Refresher): SessionTerms | undefined {
  const agreed = sessionExpiresOf(success);
  // without a refresher somebody has to do it (section 7.2 leaves it to the UAC)
  return agreed && { seconds: agreed.seconds, isRefresher: (agreed.refresher ?? 'uac') === role };
}

/** The interval that a 422 asks for (section 7.3). */
export function raisedSeconds(refusal: SipMessage, seconds: number): number {
  return Math.max(leastSecondsOf(refusal), seconds);
}
