import { Ec2CallError } from '../../cloud/ec2-call-error.ts';

interface SdkFailure extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  readonly code?: string;
}

/** Makes an Ec2CallError of whatever a call of the SDK threw; the SDK's error names are EC2's codes. */
export function callErrorOf(action: string, thrown: unknown): Ec2CallError {
  if (Ec2CallError.is(thrown)) return thrown;
  const error: SdkFailure = thrown instanceof Error ? thrown : new Error(String(thrown));
  const httpStatus = error.$metadata?.httpStatusCode;
  const requestId = error.$metadata?.requestId;
  return new Ec2CallError({
    action,
    ec2Code: codeOf(error, httpStatus),
    message: error.message === '' ? (error.code ?? error.name) : error.message,
    ...(httpStatus === undefined ? {} : { httpStatus }),
    ...(requestId === undefined ? {} : { requestId }),
    cause: thrown,
  });
}

/** A failed connection has Node's error code (ECONNREFUSED) and the plain name Error. */
function codeOf(error: SdkFailure, httpStatus: number | undefined): string {
  if (httpStatus === undefined && error.code !== undefined) return error.code;
  if (error.name === 'Error' && /region is missing/i.test(error.message)) return 'RegionMissing';
  return error.name;
}
