const brand = Symbol.for('truetuple.demo.error');

export type DemoErrorCode =
  /** A level was required that this machine does not permit. */
  | 'LevelUnavailable'
  /** The pod's process could not take or use the identity. */
  | 'PodFailed'
  /** The pod's process ended, or said nothing, where an answer was due. */
  | 'PodSilent'
  /** A sabotage of calls, where no calls can be made: it would go unnoticed. */
  | 'SabotageUnplayable'
  /** A file that was asked for could not be written. */
  | 'ReportUnwritable';

export interface DemoErrorDetails {
  readonly code: DemoErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The one error class of the demo. */
export class DemoError extends Error {
  readonly code: DemoErrorCode;
  readonly remedy: string;

  constructor(details: DemoErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'DemoError';
    this.code = details.code;
    this.remedy = details.remedy;
    Object.defineProperty(this, brand, { value: true });
  }

  static is(error: unknown): error is DemoError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
