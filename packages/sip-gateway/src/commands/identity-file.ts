import { setTimeout as delay } from 'node:timers/promises';
import type { PublicIdentity } from '@truetuple/core';
import { GatewayError } from '../errors.ts';
import type { TakenIdentity } from './taken-identity.ts';

/** Reads what is published; undefined when nothing is. */
export type ReadIdentity = () => Promise<PublicIdentity | undefined>;

export interface IdentityFileOptions {
  /** Where it is published, for messages. */
  readonly directory: string;
  /** How long it may take to appear. */
  readonly waitMs: number;
  /** Who wants no identity any more. */
  readonly signal: AbortSignal;
  /** Default 250. */
  readonly everyMs?: number;
}

/** One read that fails (no file descriptor left, a busy volume) says nothing of the identity; so many in a row do. */
const readsGivenUpAfter = 3;

/**
 * The identity that somebody else publishes: waits for it, and watches it. It is looked at, and not waited for by inotify, since volumes
 * of every kind must do.
 *
 * @throws GatewayError IdentityMissing
 */
export async function followIdentityFile(
  read: ReadIdentity,
  { directory, waitMs, signal, everyMs = 250 }: IdentityFileOptions,
): Promise<TakenIdentity> {
  const since = performance.now();
  let because = 'it is not there';
  while (performance.now() - since < waitMs) {
    // half written or half withdrawn: not there
    const identity = await read().catch((error: unknown) => {
      because = error instanceof Error ? error.message : String(error);
      return undefined;
    });
    if (identity !== undefined) {
      return {
        identity,
        // its holder withdraws what is not proven
        unproven: () => undefined,
        lost: untilLost(read, identity, everyMs, signal),
        release: async () => undefined,
      };
    }
    await delay(everyMs, undefined, { signal });
  }
  throw new GatewayError({
    code: 'IdentityMissing',
    message: `An identity was waited for in ${directory} for ${waitMs} ms, and did not come: ${because}.`,
    remedy: 'See why the sidecar that takes it did not; or give it longer by `identity.waitMs`.',
    retry: 'later',
  });
}

async function untilLost(
  read: ReadIdentity,
  held: PublicIdentity,
  everyMs: number,
  signal: AbortSignal,
): Promise<string> {
  let failedReads = 0;
  for (;;) {
    try {
      await delay(everyMs, undefined, { signal, ref: false });
    } catch {
      // this process ends: nobody asks any more
      return new Promise<string>(() => undefined);
    }
    let now: PublicIdentity | undefined;
    try {
      now = await read();
      failedReads = 0;
    } catch (error) {
      failedReads += 1;
      if (failedReads < readsGivenUpAfter) continue;
      return `${held.publicIp} can no longer be read: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (now === undefined) return `${held.publicIp} was withdrawn`;
    if (now.associationId !== held.associationId || now.privateIp !== held.privateIp) {
      return `${held.publicIp} was replaced by ${now.publicIp}`;
    }
  }
}
