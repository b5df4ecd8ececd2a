const brand = Symbol.for('truetuple.test-vm.error');

export type VmErrorCode =
  | 'PlatformUnsupported'
  | 'ProgramMissing'
  | 'KernelPackageUnavailable'
  | 'KernelModuleMissing'
  | 'AddonMissing'
  | 'GuestBundleFailed'
  | 'GuestFailed'
  | 'GuestTimedOut';

const unavailable: ReadonlySet<VmErrorCode> = new Set<VmErrorCode>([
  'PlatformUnsupported',
  'ProgramMissing',
  'KernelPackageUnavailable',
  'AddonMissing',
]);

export interface VmErrorDetails {
  readonly code: VmErrorCode;
  /** What was tried, on what, and what came back. */
  readonly message: string;
  /** What a person can do about it. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The one error of the VM stage. The remedy is part of the printed message: a test runner shows only that. */
export class VmError extends Error {
  readonly code: VmErrorCode;
  readonly remedy: string;

  constructor(details: VmErrorDetails) {
    super(
      `${details.message}\nRemedy: ${details.remedy}`,
      'cause' in details ? { cause: details.cause } : undefined,
    );
    this.name = 'VmError';
    this.code = details.code;
    this.remedy = details.remedy;
    Object.defineProperty(this, brand, { value: true });
  }

  /** True where this machine cannot run a VM at all, as opposed to a VM that went wrong. */
  get isUnavailable(): boolean {
    return unavailable.has(this.code);
  }

  static is(error: unknown): error is VmError {
    return typeof error === 'object' && error !== null && brand in error;
  }
}
