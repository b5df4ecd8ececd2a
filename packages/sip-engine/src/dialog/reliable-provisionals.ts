import { valueOf } from '../message/header-list.ts';
import type { SipRequest } from '../message/message.ts';
import { MachineRunner } from '../transaction/machine-runner.ts';
import type { Clock } from '../transport/clock.ts';
import {
  acceptedInviteTransition,
  startAcceptedInvite,
  type AcceptedInviteEffect,
  type AcceptedInviteEvent,
  type AcceptedInviteState,
  type AcceptedInviteTimer,
  type RepeatTiming,
} from './accepted-invite.ts';
import { parseRack } from './rack.ts';

/** What to do while a PRACK is awaited. */
export interface ReliableHooks {
  readonly repeat: () => void;
  readonly giveUp: () => void;
}

/** A reliable provisional response without its PRACK. */
export interface Outstanding {
  readonly rseq: number;
  /** Key of its dialog. */
  readonly dialog: string;
}

interface Waiting extends Outstanding {
  readonly hasBody: boolean;
  readonly runner: MachineRunner<
    AcceptedInviteState,
    AcceptedInviteEvent,
    AcceptedInviteEffect,
    AcceptedInviteTimer
  >;
}

/**
 * The reliable provisional responses to one INVITE, as its UAS: RFC 3262 section 3. One at a time; each is repeated from T1,
 * doubling, until its PRACK comes or 64*T1 are over. It is the machine of a 2xx without the T2.
 */
export class ReliableProvisionals {
  readonly #clock: Clock;
  readonly #timing: RepeatTiming;
  #next: number;
  #waiting: Waiting | undefined;
  #held: (() => void)[] = [];

  /** @param first RSeq of the first one, 1 to 2^31 - 1 */
  constructor(clock: Clock, { t1Ms }: RepeatTiming, first: number) {
    this.#clock = clock;
    this.#timing = { t1Ms, t2Ms: Infinity };
    this.#next = first;
  }

  get timerCount(): number {
    return this.#waiting?.runner.timerCount ?? 0;
  }

  /** RSeq of the next one. */
  get next(): number {
    return this.#next;
  }

  /** Another provisional, and a success after one with a body, wait for the PRACK; a refusal does not. */
  mustWait(status: number): boolean {
    if (this.#waiting === undefined || status >= 300) return false;
    return status < 200 || this.#waiting.hasBody;
  }

  /** Runs when the PRACK has come, or is no longer awaited. */
  hold(run: () => void): void {
    this.#held.push(run);
  }

  /** The next one is out. */
  begin(dialog: string, hasBody: boolean, hooks: ReliableHooks): void {
    const first = startAcceptedInvite(this.#timing);
    const runner: Waiting['runner'] = new MachineRunner(
      this.#clock,
      {
        transition: (state, event) => acceptedInviteTransition(state, event, this.#timing),
        timerEvent: (timer) => ({ kind: 'timer', timer }),
        carryOut: (effect) => {
          if (effect.kind === 'send-2xx') hooks.repeat();
          else if (effect.kind === 'give-up') hooks.giveUp();
        },
      },
      first.state,
      undefined,
    );
    this.#waiting = { rseq: this.#next, dialog, hasBody, runner };
    this.#next += 1;
    runner.begin(first.effects);
  }

  /** Whether this PRACK is for what is awaited: RAck names its RSeq, and the INVITE by its number. */
  isFor(prack: SipRequest, inviteSequence: number): boolean {
    const rack = parseRack(valueOf(prack, 'rack'));
    if (this.#waiting === undefined) return false;
    return rack?.rseq === this.#waiting.rseq && rack.sequence === inviteSequence;
  }

  /** It has come: what was held goes on. */
  acknowledge(): void {
    this.#waiting?.runner.handle({ kind: 'ack' });
    this.#release();
  }

  /**
   * The INVITE has its final response.
   * @returns what has no PRACK
   */
  end(): Outstanding | undefined {
    const waiting = this.#waiting;
    waiting?.runner.handle({ kind: 'ended' });
    this.#release();
    return waiting;
  }

  #release(): void {
    this.#waiting = undefined;
    const held = this.#held;
    this.#held = [];
    for (const run of held) run();
  }
}
