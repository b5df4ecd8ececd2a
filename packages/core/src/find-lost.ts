import type { Run } from './ensure-run.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { claimAgeMs } from './keep/claim-age.ts';

/**
 * What a process before this one published and has lost since, as a keep would prove it; undefined when nothing is proven. Nothing is
 * put back: who asks could not have an address.
 */
export async function findLost({
  published,
  grant,
  node,
  signal,
}: Run): Promise<PublicIdentity | undefined> {
  if (published === undefined || signal?.aborted === true) return undefined;
  const call = {
    claimAgeMs: claimAgeMs(node.clock, published),
    mayWrite: async () => false,
    ...(signal === undefined ? {} : { signal }),
  };
  // silence proves nothing
  const state = await grant.maintain(published, call).catch(() => undefined);
  return state?.kind === 'lost' ? published : undefined;
}
