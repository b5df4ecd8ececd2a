const brand = Symbol.for('truetuple.sip-gateway.error');

/** Stable codes of every error that @truetuple/sip-gateway throws on purpose. */
export type GatewayErrorCode =
  /** The session description is not one (RFC 8866), or is larger than we read. */
  | 'SdpInvalid'
  /** A well-formed session description that asks for what this gateway does not relay. */
  | 'SdpNotRelayable'
  /** A body that is no session description. */
  | 'ContentUnsupported'
  /** The address would make us call ourselves. */
  | 'LoopDetected'
  /** Not an address that a datagram can be sent to. */
  | 'AddressUnusable'
  /** No pair of RTP ports is left in the configured range. */
  | 'MediaPortsExhausted'
  /** Media would have to leave by an address that the peer was not told. */
  | 'MediaPathMismatch'
  /** The relay knows no such call or no such leg. */
  | 'MediaCallUnknown'
  /** The relay refused, for a reason of its own. */
  | 'MediaRelayRefused'
  /** The relay did not answer, or is gone. */
  | 'MediaRelayUnreachable'
  /** No identity was published where one was waited for. */
  | 'IdentityMissing'
  /** The file is no packet capture that can be read. */
  | 'CaptureInvalid'
  /** The SIP server did not answer. */
  | 'SignallingUnreachable'
  /** The SIP server refused us. */
  | 'SignallingRefused'
  /** A setting is wrong. */
  | 'ConfigInvalid';

/** Whether the same may work: at once, after a while, or not before something was changed. */
export type Retry = 'now' | 'later' | 'never';

/** Everything that a GatewayError says. */
export interface GatewayErrorDetails {
  readonly code: GatewayErrorCode;
  /** What was tried, on what, and what came back. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/**
 * The one error class of @truetuple/sip-gateway. Recognise it by `code`, or by `GatewayError.is`:
 * `instanceof` is false when two copies of the package are loaded.
 */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly remedy: string;
  readonly retry: Retry;

  constructor(details: GatewayErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'GatewayError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.retry = details.retry;
    Object.defineProperty(this, brand, { value: true });
  }

  static is(error: unknown): error is GatewayError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}

const statuses: Readonly<Record<GatewayErrorCode, number>> = {
  SdpInvalid: 400,
  SdpNotRelayable: 488,
  ContentUnsupported: 415,
  LoopDetected: 482,
  AddressUnusable: 488,
  MediaPortsExhausted: 503,
  MediaPathMismatch: 488,
  MediaCallUnknown: 500,
  MediaRelayRefused: 503,
  MediaRelayUnreachable: 503,
  IdentityMissing: 503,
  CaptureInvalid: 500,
  SignallingUnreachable: 503,
  SignallingRefused: 503,
  ConfigInvalid: 500,
};

const warnings: Readonly<Partial<Record<GatewayErrorCode, string>>> = {
  SdpNotRelayable: 'No stream is RTP or T.38 over UDP, by unicast IPv4',
  AddressUnusable: 'The media address is not one that can be sent to',
  MediaPathMismatch: 'The media address is in another network than the signalling',
};

/** What the response to an offer says of this error in Warning (RFC 3261, sections 13.3.1.3 and 20.43). It names no address. */
export function warningOf(code: GatewayErrorCode): string | undefined {
  return warnings[code];
}

/** The SIP status (RFC 3261, section 21) that tells a caller of this error. */
export function statusOf(code: GatewayErrorCode): number {
  return statuses[code];
}
