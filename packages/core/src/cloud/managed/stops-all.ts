import type { CoreErrorCode } from '../../errors.ts';

/** Troubles of one claim in which no other would get further either. */
export const stopsAll: readonly CoreErrorCode[] = [
  'AccessDenied',
  'CredentialsMissing',
  'CredentialsRefused',
  'Throttled',
  'CloudUnreachable',
  'WrongRegion',
];
