import { Ec2CallError } from '../../cloud/ec2-call-error.ts';

/**
 * Makes an Ec2CallError of a call that got no answer, or none that can be read. The code is the errno of a failed connection,
 * CredentialsProviderError, or NetworkingError for all else.
 */
export function ec2CallErrorFrom(error: unknown, action: string): Ec2CallError {
  if (Ec2CallError.is(error)) return error;
  const { name, code } = error instanceof Error ? (error as NodeJS.ErrnoException) : {};
  const isErrno = typeof code === 'string' && /^E[A-Z_]+$/.test(code);
  const isNamed = name === 'CredentialsProviderError';
  return new Ec2CallError({
    action,
    ec2Code: isErrno ? code : isNamed ? name : 'NetworkingError',
    message: error instanceof Error && error.message !== '' ? error.message : String(error),
    cause: error,
  });
}
