import { bufferOf } from '../message/buffer-of.ts';
import { valueOf } from '../message/header-list.ts';
import type { SipMessage } from '../message/message.ts';
import { bodyParts, boundaryOf, type BodyPart } from '../message/multipart.ts';
import type { GuardedIdentity, GuardFinding } from './finding.ts';
import { sessionFindings } from './session-findings.ts';

const none: readonly GuardFinding[] = [];
/** Multipart within multipart within multipart: nobody writes more. */
const deepest = 3;

/** application/sdp as far as a generous reader would still take it for that. */
const session = /^\s*application\s*\/\s*sdp(?![\w!#$%&'*+.^`|~-])/i;
/** RFC 8840: candidates on their own. */
const fragment = /^\s*application\s*\/\s*trickle-ice-sdpfrag\s*(?:;|$)/i;
const multipart = /^\s*multipart\s*\//i;

/** What the session descriptions in a message tell that is not so; parts that hide one (encoded, torn) are findings. */
export function bodyFindings(message: SipMessage, own: GuardedIdentity): readonly GuardFinding[] {
  if (own.mediaHosts === 'any' || message.body.length === 0) return none;
  const contentType = valueOf(message, 'content-type');
  const encoding = valueOf(message, 'content-encoding');
  // every byte becomes one character, so nothing is lost and nothing is joined
  const text = bufferOf(message.body).toString('latin1');
  return partFindings({ contentType, encoding, text, isTorn: false }, own, 0);
}

function partFindings(
  part: BodyPart,
  own: GuardedIdentity,
  depth: number,
): readonly GuardFinding[] {
  const { contentType, text } = part;
  if (part.isTorn) return [unreadable('a part without its empty line')];
  // as nearly everybody writes it
  if (contentType === 'application/sdp' && part.encoding === undefined) {
    return sessionFindings(text, own);
  }
  const isPlain = /^\s*(?:identity|7bit|8bit|binary)?\s*$/i.test(part.encoding ?? '');
  if (contentType === undefined) {
    return /^v=/m.test(text) ? sessionFindings(text, own) : none;
  }
  const isSession = session.test(contentType);
  const isFragment = fragment.test(contentType);
  const isMultipart = multipart.test(contentType);
  if (!isSession && !isFragment && !isMultipart) return none;
  if (!isPlain) return [unreadable(`a part with the encoding ${part.encoding}`)];
  if (!isMultipart) return sessionFindings(text, own, isFragment);
  const boundary = boundaryOf(contentType);
  if (boundary === undefined) return [unreadable('a multipart body without a boundary')];
  if (depth === deepest) return [unreadable('a multipart body in a multipart body, too deep')];
  const parts = bodyParts(text, boundary);
  if (parts.length === 0) return [unreadable('a multipart body without its parts')];
  return parts.flatMap((each) => partFindings(each, own, depth + 1));
}

function unreadable(told: string): GuardFinding {
  const wanted = 'a session description that can be read';
  return { row: 'sdp-unreadable', where: 'the body', told, wanted };
}
