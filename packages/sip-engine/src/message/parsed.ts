import type { Essentials } from './essentials.ts';
import type { HeaderField, SipMessage } from './message.ts';

/** What a message may at most be. Everything beyond is refused before it costs more. */
export interface MessageLimits {
  /** Bytes of start line, headers, blank line and body together. */
  readonly messageBytes: number;
  /** Header fields; a folded one counts once. */
  readonly headers: number;
  /** UTF-16 units of the start line, or of one header field with its folded lines. */
  readonly lineLength: number;
  /** Via values over all Via header fields. */
  readonly vias: number;
  /** Route and Record-Route values over all header fields: an answer repeats the one, and each request in a dialog has the other. */
  readonly routes: number;
}

/** One UDP datagram of any size; the rest is far above what a real peer sends. */
export const datagramLimits: MessageLimits = {
  messageBytes: 65_535,
  headers: 128,
  lineLength: 8_192,
  vias: 32,
  routes: 64,
};

/** Statuses that a parser may owe a peer; which RFC 3261 section asks for it stands at the check. */
export type RefusalStatus = 400 | 414 | 505 | 513;

/** Why a message was refused: what of it breaks the grammar, or exceeds a limit. */
export type RefusalCode =
  | 'StartLineMalformed'
  | 'VersionUnknown'
  | 'RequestUriMalformed'
  | 'RequestUriTooLong'
  | 'MessageTooLarge'
  | 'TooManyHeaders'
  | 'LineTooLong'
  | 'TextNotUtf8'
  | 'LineEndMalformed'
  | 'HeadUnfinished'
  | 'HeaderMalformed'
  | 'HeaderMissing'
  | 'HeaderRepeated'
  | 'TooManyVias'
  | 'TooManyRoutes'
  | 'MethodMismatch'
  | 'BodyTooShort';

/** A request that cannot be used. */
export interface Refused {
  readonly kind: 'refused';
  readonly status: RefusalStatus;
  readonly code: RefusalCode;
  /** One sentence; safe to log, cut in length. */
  readonly reason: string;
  /** The request's method as far as it could be read. */
  readonly method: string;
  /**
   * Via, From, To, Call-ID and CSeq as received, in that order, as far as they are there: what an answer repeats (RFC 3261 8.2.6.2).
   * undefined when no answer is possible: without a topmost Via that can be read, without CSeq, or to an ACK.
   */
  readonly answerHeaders: readonly HeaderField[] | undefined;
}

/** What arrived in one datagram. */
export type Parsed =
  | {
      readonly kind: 'message';
      readonly message: SipMessage;
      readonly essentials: Essentials;
      /**
       * The message as it came, a view, where that is byte for byte what `serialiseMessage` makes of it: nobody has to write it
       * again. undefined where it came otherwise: folded, with other blanks, with no length, in UTF-8.
       */
      readonly verbatim: Uint8Array | undefined;
    }
  | Refused
  /** Blank lines only (RFC 5626 4.4.1); `ping` is true for the double CRLF that asks for a pong. */
  | { readonly kind: 'keepalive'; readonly ping: boolean }
  /** To be dropped: no request, so nobody waits for an answer. */
  | { readonly kind: 'silence'; readonly code: RefusalCode; readonly reason: string };
