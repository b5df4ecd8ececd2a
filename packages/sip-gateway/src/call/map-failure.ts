/**
 * The status that A gets for a final response of B. A's call was refused, whatever B's words were about: so a challenge to
 * us, a redirection that we do not follow and a dialog that B lost are not A's to act on.
 * Overload of B is not ours (RFC 3261, section 16.7: a 503 is not passed on).
 */
export function mapFailure(status: number): number {
  if (!Number.isInteger(status) || status < 300 || status > 699) return 500;
  if (status < 400) return 480;
  return mapped.get(status) ?? status;
}

const mapped: ReadonlyMap<number, number> = new Map([
  [401, 403],
  [407, 403],
  [481, 500],
  [487, 480],
  [491, 500],
  [503, 500],
]);

/** The same for a re-INVITE: that two of them crossed is for who asked to know, so that it comes again (RFC 3261, section 14.1). */
export function mapReFailure(status: number): number {
  return status === 491 ? status : mapFailure(status);
}

/** Whether a refused re-INVITE takes the dialog with it (RFC 3261, section 12.2.1.2). */
export function endsDialog(status: number): boolean {
  return status === 408 || status === 481;
}

/**
 * The status for a leg whose peer described what could not be relayed: malformed, or on a way back to us, it is the peer's and no fault of
 * this leg's request (RFC 3261, section 21.5.3).
 */
export function mapPeerRefusal(status: number): number {
  return status === 400 || status === 482 ? 502 : status;
}
