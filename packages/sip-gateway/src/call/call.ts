import type { CancelTimer, Clock } from '@truetuple/sip-engine';
import { GatewayError, statusOf, warningOf } from '../errors.ts';
import type { MediaEvent, MediaRelay } from '../media/media-relay.ts';
import type { Callee, SignalledCall } from '../sip/signalling.ts';
import type { CallEffect, EndCause } from './call-effect.ts';
import type { CallEvent, CallTimer } from './call-event.ts';
import { transition } from './call-machine.ts';
import type { CallState } from './call-state.ts';
import type { DescribedLegs } from './described-legs.ts';

/** How long each timer of a call runs, in milliseconds. */
export type CallTimeouts = Readonly<Record<CallTimer, number>>;

/** Ringing for three minutes; what the SIP server gives up after 64*T1 is given up here a little later. */
export const defaultTimeouts: CallTimeouts = {
  setup: 180_000,
  ack: 35_000,
  're-invite': 35_000,
  drain: 40_000,
};

export interface LiveCallParts {
  readonly signalled: SignalledCall;
  readonly relay: MediaRelay;
  /** What the relay knows the call by. */
  readonly mediaId: string;
  readonly described: DescribedLegs;
  readonly clock: Clock;
  readonly timeouts: CallTimeouts;
  readonly callee: Callee;
  /** How much longer A waits for a final response, in milliseconds; undefined when it does not say. */
  readonly expiresMs: number | undefined;
  /** A was sent the 200. */
  readonly onAnswer: () => void;
  /** A session description was refused, by us or by the relay. */
  readonly onMediaRefused: (error: unknown) => void;
  /** The call has ended: its media is released, or left to the relay that closes. Once. */
  readonly onEnd: (cause: EndCause) => void;
}

/**
 * One call, held open: its events, one after the other, through the call machine, and what the machine wants done. It
 * decides nothing. Turns of the relay run one after the other, and the release after them.
 */
export class LiveCall {
  readonly #parts: LiveCallParts;
  readonly #events: CallEvent[] = [];
  readonly #timers = new Map<CallTimer, CancelTimer>();
  #state: CallState = { kind: 'idle' };
  #media: Promise<void> = Promise.resolve();
  #isTaking = false;
  /** Known before the media is released. */
  #cause: EndCause | undefined;
  #isOver = false;
  #stopExpiry: CancelTimer | undefined;

  constructor(parts: LiveCallParts) {
    this.#parts = parts;
  }

  start(): void {
    const { signalled, clock, expiresMs, timeouts } = this.#parts;
    signalled.onEvent((event) => this.take(event));
    // beyond the set-up's own limit there is nothing left to end
    if (expiresMs !== undefined && expiresMs < timeouts.setup)
      this.#stopExpiry = clock.setTimer(expiresMs, () => this.take({ kind: 'expired' }));
    this.take({ kind: 'invite', sdp: signalled.invite.sdp });
  }

  /** An event of the relay that is about this call, or about all. */
  takeMedia(event: MediaEvent): void {
    if (event.kind === 'relay-failed') this.take({ kind: 'relay-failed' });
    if (event.kind === 'media-timed-out') this.take({ kind: 'media-timed-out' });
  }

  take(event: CallEvent): void {
    if (this.#isOver) return;
    this.#events.push(event);
    if (this.#isTaking) return;
    this.#isTaking = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const { state, effects } = transition(this.#state, next);
        this.#state = state;
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      // an effect that throws ends this turn, not the call: its end must still be taken
      this.#isTaking = false;
    }
  }

  /** Nothing more is awaited: the gateway closes, and signalling and relay end what is theirs. */
  abandon(): void {
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    this.#stopExpiry?.();
    this.#parts.signalled.forget();
    this.#over(this.#cause ?? 'shutdown');
  }

  #perform(effect: CallEffect): void {
    switch (effect.kind) {
      case 'relay':
        this.#turn(effect);
        break;
      case 'withdraw-offer':
        this.#tellRelay((relay, mediaId) => relay.withdraw(mediaId));
        break;
      case 'release-relay':
        this.#tellRelay((relay, mediaId) => relay.release(mediaId));
        break;
      case 'start-timer':
        this.#startTimer(effect.timer);
        break;
      case 'stop-timer':
        this.#stopTimer(effect.timer);
        break;
      case 'ended':
        this.#end(effect.cause);
        break;
      case 'invite-b':
        this.#parts.signalled.perform({
          kind: 'invite-b',
          callee: this.#parts.callee,
          sdp: effect.sdp,
        });
        break;
      case 'answer-a':
        this.#stopExpiry?.();
        this.#parts.signalled.perform(effect);
        this.#parts.onAnswer();
        break;
      case 'ring-a':
      case 'refuse-a':
      case 'cancel-b':
      case 'ack-b':
      case 'bye':
      case 're-invite':
      case 'ack-re-invite':
      case 'cancel-re-invite':
      case 'answer-re-invite':
      case 'refuse-re-invite':
        this.#parts.signalled.perform(effect);
        break;
      default:
        effect satisfies never;
    }
  }

  #turn(effect: CallEffect & { readonly kind: 'relay' }): void {
    const { turn } = effect;
    const run = async (): Promise<CallEvent> => {
      try {
        return { kind: 'relay-done', turn, sdp: await this.#parts.described.turn(effect) };
      } catch (error) {
        this.#parts.onMediaRefused(error);
        if (!GatewayError.is(error)) return { kind: 'relay-refused', turn, status: 500 };
        const { code } = error;
        return { kind: 'relay-refused', turn, status: statusOf(code), warning: warningOf(code) };
      }
    };
    this.#afterMedia(async () => this.take(await run()));
  }

  /** What has no answer that the call waits for. */
  #tellRelay(tell: (relay: MediaRelay, mediaId: string) => Promise<void>): void {
    const { relay, mediaId } = this.#parts;
    this.#afterMedia(async () => {
      try {
        await tell(relay, mediaId);
      } catch (error) {
        // a relay that is gone holds nothing of this call any more
        if (!GatewayError.is(error)) throw error;
      }
    });
  }

  #afterMedia(step: () => Promise<void>): void {
    this.#media = runAfter(this.#media, step);
  }

  #startTimer(timer: CallTimer): void {
    this.#stopTimer(timer);
    const { clock, timeouts } = this.#parts;
    const cancel = clock.setTimer(timeouts[timer], () => {
      this.#timers.delete(timer);
      this.take({ kind: 'timer', timer });
    });
    this.#timers.set(timer, cancel);
  }

  #stopTimer(timer: CallTimer): void {
    this.#timers.get(timer)?.();
    this.#timers.delete(timer);
  }

  #end(cause: EndCause): void {
    this.#cause = cause;
    this.#stopExpiry?.();
    this.#parts.signalled.forget();
    this.#afterMedia(async () => this.#over(cause));
  }

  #over(cause: EndCause): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#parts.onEnd(cause);
  }
}

/** The step is taken also when the one before threw: what it opened must still be given back. */
async function runAfter(before: Promise<void>, step: () => Promise<void>): Promise<void> {
  try {
    await before;
  } finally {
    await step();
  }
}
