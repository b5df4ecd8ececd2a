const brand = Symbol.for('truetuple.core.ec2-call-error');

/** Everything that an Ec2CallError says. */
export interface Ec2CallErrorDetails {
  /** The EC2 action, such as AssociateAddress. */
  readonly action: string;
  /** EC2's error code (EC2 API reference, "Error codes"), or the SDK's name for a client-side failure. */
  readonly ec2Code: string;
  readonly message: string;
  /** HTTP status; undefined when no answer came. */
  readonly httpStatus?: number;
  readonly requestId?: string;
  readonly cause?: unknown;
}

/**
 * A refusal by EC2, or a call that got no answer, before it is translated into a CoreError. `ec2Code` is EC2's own (EC2 API reference,
 * "Error codes"); recognise it by that and by `Ec2CallError.is`.
 */
export class Ec2CallError extends Error {
  readonly action: string;
  readonly ec2Code: string;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;

  constructor(details: Ec2CallErrorDetails) {
    super(details.message, 'cause' in details ? { cause: details.cause } : undefined);
    this.name = 'Ec2CallError';
    this.action = details.action;
    this.ec2Code = details.ec2Code;
    this.httpStatus = details.httpStatus;
    this.requestId = details.requestId;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True for an Ec2CallError of any copy of this package. */
  static is(error: unknown): error is Ec2CallError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
