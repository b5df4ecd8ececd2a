import type { HeldIdentity, KeepEnd, KeepEvent } from '@truetuple/core';
import type { TakenIdentity } from './taken-identity.ts';

export interface KeptIdentityOptions {
  /** Milliseconds from one look at EC2 to the next, at most; undefined: core's default. */
  readonly intervalMs: number | undefined;
  /** Told of what the keep does, as it happens. */
  readonly onEvent: (event: KeepEvent) => void;
}

/**
 * The identity that this process took, kept for as long as it is used.
 *
 * @throws CoreError when the link cannot be watched; the identity was given back then
 */
export async function keptIdentity(
  held: HeldIdentity,
  { intervalMs, onEvent }: KeptIdentityOptions,
): Promise<TakenIdentity> {
  await using taken = new AsyncDisposableStack();
  taken.use(held);
  let unproven: string | undefined;
  const keeping = await held.keep({
    ...(intervalMs === undefined ? {} : { intervalMs }),
    onEvent: (event) => {
      if (event.kind === 'degraded') unproven = event.error.message;
      if (event.kind === 'restored') unproven = undefined;
      onEvent(event);
    },
  });
  const { publicIp } = held.identity;
  taken.move();
  return {
    get identity() {
      return held.identity;
    },
    unproven: () => unproven,
    lost: untilLost(keeping.ended, publicIp),
    release: () => held.release(),
  };
}

async function untilLost(ended: Promise<KeepEnd>, publicIp: string): Promise<string> {
  const end = await ended;
  switch (end.kind) {
    case 'lost':
      return end.message;
    case 'withdrawn':
      return `${publicIp} was withdrawn by another process`;
    case 'closed':
      // this process ended the keep itself, to give the identity back
      return new Promise<string>(() => undefined);
    default:
      return end satisfies never;
  }
}
