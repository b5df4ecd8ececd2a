import { MachineRunner } from '../transaction/machine-runner.ts';
import { leastSessionSeconds } from '../message/session-expires.ts';
import type { Clock } from '../transport/clock.ts';
import type { SaidBody } from './said-body.ts';
import type { SessionTerms } from './session-terms.ts';
import {
  sessionTimerTransition,
  unlimitedSession,
  type SessionTimerEffect,
  type SessionTimerEvent,
  type SessionTimerName,
  type SessionTimerState,
} from './session-timer.ts';

/** What to do when a session is due. */
export interface SessionHooks {
  readonly refresh: (terms: SessionTerms) => void;
  readonly expire: () => void;
}

/** The session timer of one dialog, held open. */
export class SessionKeeper {
  /** The session description that the peer had from us last. */
  said: SaidBody | undefined;
  /** The greatest Min-SE that was heard: no interval may become shorter than that. */
  leastSeconds: number = leastSessionSeconds;
  /** Status that our last refresh got instead of a success. */
  refusal: number | undefined;
  readonly #runner: MachineRunner<
    SessionTimerState,
    SessionTimerEvent,
    SessionTimerEffect,
    SessionTimerName
  >;

  constructor(clock: Clock, hooks: SessionHooks) {
    this.#runner = new MachineRunner<
      SessionTimerState,
      SessionTimerEvent,
      SessionTimerEffect,
      SessionTimerName
    >(
      clock,
      {
        transition: (state, event) => sessionTimerTransition(state, event),
        timerEvent: (timer) => ({ kind: 'timer', timer }),
        carryOut: (effect) => {
          const { terms } = this;
          if (effect.kind === 'expire') hooks.expire();
          else if (terms !== undefined) hooks.refresh(terms);
        },
      },
      unlimitedSession,
      undefined,
    );
  }

  get timerCount(): number {
    return this.#runner.timerCount;
  }

  /** undefined when the session lasts until a BYE. */
  get terms(): SessionTerms | undefined {
    const { state } = this.#runner;
    return state.kind === 'running' || state.kind === 'refreshing' ? state.terms : undefined;
  }

  handle(event: Exclude<SessionTimerEvent, { kind: 'timer' }>): void {
    this.#runner.handle(event);
  }
}
