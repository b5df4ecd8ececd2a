import { setTimeout as delay } from 'node:timers/promises';

/** After the first time. */
const times = 2;
const pauseMs = 1_000;

/**
 * Asks the SDK's chain for credentials twice more, a second apart, where it has named no source. It asks the metadata service of the instance
 * once only, for a second, and does not say whether there was no answer or no role: in the first seconds of a node, or while many
 * pods start at once, there may be none yet. Once is enough where that service is not asked, and
 * nothing more once one of `until` aborts.
 */
export async function askAgain<Answer>(
  ask: () => Promise<Answer>,
  refusal: unknown,
  until: readonly (AbortSignal | undefined)[],
): Promise<Answer> {
  const signal = AbortSignal.any(until.filter((one) => one !== undefined));
  let last = refusal;
  for (let time = 0; time < times && isMetadataAsked(last); time += 1) {
    // nobody waits for it any more: the process may end
    await delay(pauseMs, undefined, { signal });
    try {
      return await ask();
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

function isMetadataAsked(refusal: unknown): boolean {
  // oxlint-disable-next-line node/no-process-env -- the SDK reads it as well
  const isDisabled = (process.env['AWS_EC2_METADATA_DISABLED'] ?? '').replace('false', '') !== '';
  return !isDisabled && (refusal as Error).name === 'CredentialsProviderError';
}
