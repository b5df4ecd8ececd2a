/** No credentials could be had; `name` is what ec2-call-error-from makes the code of. */
export function credentialsError(message: string, cause?: unknown): Error {
  const error = new Error(message, cause === undefined ? undefined : { cause });
  error.name = 'CredentialsProviderError';
  return error;
}
