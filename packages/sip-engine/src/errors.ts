const brand = Symbol.for('truetuple.sip-engine.error');

/** Stable codes of every error that @truetuple/sip-engine throws or tells on purpose. */
export type SipEngineErrorCode =
  | 'AddressInUse'
  | 'AddressNotAvailable'
  | 'TransportClosed'
  | 'MessageTooLong'
  | 'DestinationUnreachable'
  | 'SendRefused'
  | 'SocketFailed'
  | 'AddressInvalid'
  | 'OptionsInvalid'
  | 'HeaderUnsafe'
  | 'NameNotResolved';

/** Whether the same may work: at once, after a while, or not before something was changed. */
export type Retry = 'now' | 'later' | 'never';

/** Everything that a SipEngineError says. */
export interface SipEngineErrorDetails {
  readonly code: SipEngineErrorCode;
  /** What was tried, on what, and what came back. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly retry: Retry;
  readonly cause?: unknown;
}

/**
 * The one error class of @truetuple/sip-engine. Recognise it by `code`, or by `SipEngineError.is`:
 * `instanceof` is false when two copies of the package are loaded.
 */
export class SipEngineError extends Error {
  readonly code: SipEngineErrorCode;
  readonly remedy: string;
  readonly retry: Retry;

  constructor(details: SipEngineErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'SipEngineError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.retry = details.retry;
    Object.defineProperty(this, brand, { value: true });
  }

  static is(error: unknown): error is SipEngineError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
