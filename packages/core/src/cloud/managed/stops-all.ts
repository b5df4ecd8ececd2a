import type { CoreErrorCode } from '../../errors.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';

/** Troubles of one claim in which no other would get further either. Missing rights are none: they may be missing on what one claim needs. */
export const stopsAll: readonly CoreErrorCode[] = [
  'CredentialsMissing',
  'CredentialsRefused',
  'Throttled',
  'CloudUnreachable',
];

/**
 * AuthFailure of AssociateAddress is of an address that another account has by now, too: whose credentials EC2 does not accept is refused the
 * describes that follow it, and that is told instead.
 */
export function isOfOneAddress(error: unknown): boolean {
  return (
    Ec2CallError.is(error) && error.action === 'AssociateAddress' && error.ec2Code === 'AuthFailure'
  );
}
