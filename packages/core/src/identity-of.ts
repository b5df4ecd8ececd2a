import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import { identitySchema, type PublicIdentity } from './identity/public-identity.ts';

/**
 * The value of what a verb was given.
 * @throws CoreError SpecInvalid for what is none: plain JavaScript may give anything.
 */
export function identityOf(given: PublicIdentity | HeldIdentity): PublicIdentity {
  const anything: Partial<HeldIdentity> | null | undefined = given as HeldIdentity;
  const identity = anything?.identity ?? (given as PublicIdentity | null | undefined);
  if (identity?.schema === identitySchema) return identity;
  throw new CoreError({
    code: 'SpecInvalid',
    message: `What was given is no identity (${identitySchema})`,
    remedy: 'Give what ensurePublicIdentity answered, or the value that it published.',
    retry: 'never',
  });
}
