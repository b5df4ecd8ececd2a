import { Ec2CallError } from '../../cloud/ec2/ec2-call-error.ts';

/** What the SDK puts on an error: a service's answer has a status; a system error has a code. */
export interface SdkErrorFacts {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly $metadata?: {
    readonly httpStatusCode?: number;
    readonly requestId?: unknown;
    readonly clockSkewCorrected?: boolean;
  };
}

/**
 * Makes an Ec2CallError of what the SDK threw. The code is EC2's own (the SDK's `name`), or the errno of a
 * failed connection, or the SDK's name for it (TimeoutError, CredentialsProviderError). `away`: our code where there is somebody who
 * gives credentials, be it not now.
 */
export function ec2CallErrorFrom(
  error: unknown,
  action: string,
  away: string | false,
): Ec2CallError {
  const facts: SdkErrorFacts = typeof error === 'object' && error !== null ? error : {};
  const status = facts.$metadata?.httpStatusCode;
  const requestId = facts.$metadata?.requestId;
  return new Ec2CallError({
    action,
    ec2Code: codeOf(facts, away),
    message:
      typeof facts.message === 'string' && facts.message !== '' ? facts.message : String(error),
    // a success that failed is an answer that did not arrive whole: who asked knows as much as with none
    ...(typeof status === 'number' && status >= 300 ? { httpStatus: status } : {}),
    ...(typeof requestId === 'string' ? { requestId } : {}),
    cause: error,
  });
}

/** True when EC2 refused a request for its time: from now on the SDK goes by EC2's clock. */
export function isClockCorrected({ $metadata: answer }: SdkErrorFacts): boolean {
  // a server's fault may have been carried out
  return answer?.clockSkewCorrected === true && (answer.httpStatusCode ?? 500) < 500;
}

/** The errno first: the SDK calls a closed connection TimeoutError too. Only our wait for credentials ends as a DOMException. */
function codeOf({ code, name }: SdkErrorFacts, away: string | false): string {
  if (away !== false && name === 'CredentialsProviderError') return away;
  if (code === DOMException.TIMEOUT_ERR) return 'CredentialsTimeout';
  if (typeof code === 'string' && /^E[A-Z_]+$/.test(code)) return code;
  return typeof name === 'string' && name !== 'Error' ? name : 'NetworkingError';
}
