import { CoreError } from './errors.ts';
import type { PublicIdentity } from './identity/public-identity.ts';

/** The pod has published the same address since, under another association. */
export function superseded(
  old: PublicIdentity,
  newer: PublicIdentity,
  directory: string,
): CoreError {
  return new CoreError({
    code: 'Superseded',
    message: `Giving back ${old.publicIp}: its association ${old.associationId} is gone, and the pod has claimed the address anew as ${newer.associationId} (generation ${newer.generation})`,
    remedy: `If the pod shall not hold the address any more, release what is published now: the value in ${directory}/public-ip.json, the identity of the keep, or the handle that it was made by. Otherwise do nothing.`,
    retry: 'never',
  });
}
