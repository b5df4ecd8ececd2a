import type { Run } from './ensure-run.ts';
import { CoreError, type CoreErrorCode } from './errors.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { claimAgeMs } from './keep/claim-age.ts';

/** Codes of an acquire that EC2 did not answer, for as long as it was patient: one look more is one call more to whoever is silent. */
const silences: readonly CoreErrorCode[] = ['Throttled', 'CloudUnreachable'];

/**
 * What a process before this one published and has lost since, as a keep would prove it; undefined when nothing is proven. Nothing is
 * put back: who asks could not have an address.
 * @param refused Why the acquire failed; undefined when it did not.
 */
export async function findLost(
  { published, grant, node, signal }: Run,
  refused: unknown,
): Promise<PublicIdentity | undefined> {
  if (published === undefined || signal?.aborted === true) return undefined;
  if (CoreError.is(refused) && silences.includes(refused.code)) return undefined;
  const call = {
    claimAgeMs: claimAgeMs(node.clock, published),
    mayWrite: async () => false,
    ...(signal === undefined ? {} : { signal }),
  };
  // silence proves nothing
  const state = await grant.maintain(published, call).catch(() => undefined);
  return state?.kind === 'lost' ? published : undefined;
}
