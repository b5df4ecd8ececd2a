import type { CoreErrorCode } from '../../errors.ts';

/** Troubles of one claim in which no other would get further either. Missing rights are none: they may be missing on what one claim needs. */
export const stopsAll: readonly CoreErrorCode[] = [
  'CredentialsMissing',
  'CredentialsRefused',
  'Throttled',
  'CloudUnreachable',
];
