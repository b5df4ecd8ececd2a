const brand = Symbol.for('truetuple.lab.error');

/** Stable codes of every error that the lab throws on purpose. */
export type LabErrorCode =
  | 'OptionsInvalid'
  | 'RightsMissing'
  | 'ProgramMissing'
  | 'LinkMissing'
  | 'CommandFailed'
  | 'UnknownToBox'
  | 'SettingRefused'
  | 'TimedOut'
  | 'ListenRefused'
  | 'Closed';

export interface LabErrorDetails {
  readonly code: LabErrorCode;
  /** What was tried, on what, and what came back. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly retry?: 'now' | 'later' | 'never';
  readonly cause?: unknown;
}

/** The one error class of the lab. Recognise it by `code`, or by `LabError.is`. */
export class LabError extends Error {
  readonly code: LabErrorCode;
  readonly remedy: string;
  readonly retry: 'now' | 'later' | 'never';

  constructor(details: LabErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'LabError';
    this.code = details.code;
    this.remedy = details.remedy;
    this.retry = details.retry ?? 'never';
    Object.defineProperty(this, brand, { value: true });
  }

  static is(error: unknown): error is LabError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
