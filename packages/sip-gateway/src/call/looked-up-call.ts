import type { CancelTimer, Clock } from '@truetuple/sip-engine';
import type { MediaEvent } from '../media/media-relay.ts';
import type { SignalledCall } from '../sip/signalling.ts';
import type { CallEvent } from './call-event.ts';
import type { FoundCallee } from './find-callee.ts';

/** How long A waits for a name to be found. */
const patienceMs = 5_000;

export interface LookedUpCallParts {
  readonly signalled: SignalledCall;
  readonly clock: Clock;
  /** Never rejects. */
  readonly found: Promise<FoundCallee>;
}

/** `gone`: A's INVITE is over already. */
export type LookedUp = FoundCallee | { readonly kind: 'gone' };

/**
 * A call whose callee is still looked up: it has one outcome, whichever comes first of the address, A's CANCEL, the end of
 * the gateway, and the time that A may be kept waiting (504: RFC 3261, section 21.5.5).
 */
export class LookedUpCall {
  readonly beganMs: number;
  readonly #stopTimer: CancelTimer;
  #onOutcome: ((outcome: LookedUp) => void) | undefined;

  constructor(
    { signalled, clock, found }: LookedUpCallParts,
    onOutcome: (outcome: LookedUp) => void,
  ) {
    this.beganMs = clock.now();
    this.#onOutcome = onOutcome;
    this.#stopTimer = clock.setTimer(patienceMs, () => this.#end({ kind: 'refused', status: 504 }));
    signalled.onEvent((event) => this.take(event));
    void found.then((outcome) => this.#end(outcome));
  }

  take(event: CallEvent): void {
    if (event.kind === 'cancel') this.#end({ kind: 'gone' });
    if (event.kind === 'shutdown' || event.kind === 'signalling-lost') {
      this.#end({ kind: 'refused', status: 503 });
    }
  }

  /** It has no media yet; a relay that is gone will refuse the offer. */
  takeMedia(_event: MediaEvent): void {
    // nothing to release
  }

  abandon(): void {
    this.#stopTimer();
    this.#onOutcome = undefined;
  }

  #end(outcome: LookedUp): void {
    const tell = this.#onOutcome;
    this.abandon();
    tell?.(outcome);
  }
}
