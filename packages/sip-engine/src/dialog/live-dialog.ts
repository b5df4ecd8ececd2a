import type { CancelTimer, Clock } from '../transport/clock.ts';
import type { Sendable } from '../guard/send-gate.ts';
import type { HeaderField } from '../message/message.ts';
import type { SendPath } from '../transport/send-path.ts';
import { MachineRunner } from '../transaction/machine-runner.ts';
import {
  acceptedInviteTransition,
  startAcceptedInvite,
  type AcceptedInviteEffect,
  type AcceptedInviteEvent,
  type AcceptedInviteState,
  type AcceptedInviteTimer,
  type RepeatTiming,
} from './accepted-invite.ts';
import { dialogKey, dialogName, noCredentials, type Dialog } from './dialog.ts';
import type { HeardProvisionals } from './heard-provisionals.ts';
import type { SessionKeeper } from './session-keeper.ts';

type AcceptedRunner = MachineRunner<
  AcceptedInviteState,
  AcceptedInviteEvent,
  AcceptedInviteEffect,
  AcceptedInviteTimer
>;

/** What to do as the 2xx of a UAS goes through its life. */
export interface AcceptedHooks {
  readonly repeat: () => void;
  readonly giveUp: () => void;
}

/** What is done when its turn comes; it says when it is done. */
type Turn = (done: () => void) => void;

/** What waits in most dialogs. */
const noTurns: readonly Turn[] = [];

/** The ACK of a 2xx: its INVITE repeats it for longer than the dialog may live. */
export interface SentAck {
  last: Sendable | undefined;
  /** Of its INVITE. */
  sequence: number | undefined;
}

/** The ACK of the INVITE with this sequence number, once it went out: the 2xx of another one is not answered with it. */
export function ackOf(
  ack: SentAck | undefined,
  sequence: number | undefined,
): Sendable | undefined {
  return ack?.sequence === sequence ? ack?.last : undefined;
}

/**
 * A dialog held open: its value, whose it is, and what is under way in it.
 * A = the application that owns it.
 */
export class LiveDialog<A> {
  readonly name: string;
  readonly key: string;
  value: Dialog;
  /** As whom the peer knows us: the path of the last message that told it our Contact. */
  path: SendPath;
  /** undefined once its application is gone. */
  app: A | undefined;
  /** A BYE of ours is out, or was answered: nothing new begins. */
  isEnding = false;
  /** That BYE got 401 or 407. */
  isByeChallenged = false;
  /** The peer's INVITE that awaits a final response. */
  hasPendingIn = false;
  /** The peer's UPDATE that awaits a final response. */
  hasPendingUpdate = false;
  /** The peer has sent a BYE, whatever became of it. */
  hasHeardBye = false;
  /** An offer of ours in an UPDATE that awaits its answer. */
  hasOfferOut = false;
  /** Reliable provisional responses to our last INVITE. */
  heard: HeardProvisionals | undefined;
  /** Sequence number of our last INVITE: its ACK has the same. */
  inviteSequence: number | undefined;
  /** Of that INVITE, kept to answer repeats of its 2xx: each has one of its own. */
  ack: SentAck = { last: undefined, sequence: undefined };
  /** An ACK of ours went out, of whichever INVITE. */
  hasAcknowledged = false;
  /** Credentials of our last INVITE, for its ACK. */
  ackCredentials: readonly HeaderField[] = noCredentials;
  /** Transaction of the INVITE that our 2xx answers, as its application knows it. */
  acceptedId: string | undefined;
  /** Once a session timer was agreed on (RFC 4028). */
  session: SessionKeeper | undefined;
  /** The peer allows UPDATE. */
  takesUpdate = false;
  #stopDoubt: CancelTimer | undefined;
  /** Of our INVITE that awaits a final response: told of the end of the dialog. */
  #onEnd: (() => void) | undefined;
  #isConfirmedNow = false;
  #accepted: { readonly sequence: number; readonly runner: AcceptedRunner } | undefined;
  #held: (() => void)[] = [];
  #isTaken = false;
  #turns: readonly Turn[] = noTurns;

  constructor(value: Dialog, app: A | undefined, path: SendPath) {
    this.value = value;
    this.app = app;
    this.path = path;
    this.key = dialogKey(value.callId, value.localTag, value.remoteTag);
    const fromTag = value.role === 'uac' ? value.localTag : value.remoteTag;
    this.name = dialogName(value.callId, fromTag);
  }

  get timerCount(): number {
    const doubts = this.#stopDoubt === undefined ? 0 : 1;
    return doubts + (this.#accepted?.runner.timerCount ?? 0) + (this.session?.timerCount ?? 0);
  }

  get isAwaitingAck(): boolean {
    return this.#accepted?.runner.state.kind === 'awaiting-ack';
  }

  /** An INVITE of ours awaits a final response. */
  get hasPendingOut(): boolean {
    return this.#onEnd !== undefined;
  }

  /** An INVITE of ours goes out; `onEnd` runs when the dialog ends before it is closed. */
  openInvite(onEnd: () => void): void {
    this.#onEnd = onEnd;
  }

  /** Its final response came, or none will: the next one may go out. */
  closeInvite(): void {
    this.#onEnd = undefined;
  }

  /** Our 2xx to the INVITE with this sequence number is out. */
  accept(clock: Clock, timing: RepeatTiming, sequence: number, hooks: AcceptedHooks): void {
    // a new INVITE shows that the peer has the former 2xx
    this.#accepted?.runner.handle({ kind: 'ended' });
    const first = startAcceptedInvite(timing);
    const runner: AcceptedRunner = new MachineRunner(
      clock,
      {
        transition: (state, event) => acceptedInviteTransition(state, event, timing),
        timerEvent: (timer) => ({ kind: 'timer', timer }),
        carryOut: (effect) => {
          if (effect.kind === 'send-2xx') hooks.repeat();
          else if (effect.kind === 'give-up') hooks.giveUp();
          else this.#isConfirmedNow = true;
        },
      },
      first.state,
      undefined,
    );
    this.#accepted = { sequence, runner };
    runner.begin(first.effects);
  }

  /** An ACK came; `confirmed` runs for the first one that belongs to the INVITE we accepted. */
  receiveAck(sequence: number, confirmed: () => void): void {
    if (this.#accepted?.sequence !== sequence) return;
    this.#isConfirmedNow = false;
    this.#accepted.runner.handle({ kind: 'ack' });
    if (!this.#isConfirmedNow) return;
    confirmed();
    this.#release();
  }

  /** 15 and 14.1: a callee holds its BYE or INVITE until the ACK has come, or is no longer expected. */
  afterAck(run: () => void): void {
    if (this.isAwaitingAck) this.#held.push(run);
    else run();
  }

  /** @returns false where one of ours is out: one more goes only with credentials that the first was asked for */
  beginBye(): boolean {
    const mayGo = !this.isEnding || this.isByeChallenged;
    this.isEnding = true;
    this.isByeChallenged = false;
    return mayGo;
  }

  /**
   * One after the other, in the order asked for: at once, or when those before are done. A request that waits for the address of
   * a name is not overtaken by the next one.
   */
  inTurn(run: Turn): void {
    if (this.#isTaken) this.#turns = [...this.#turns, run];
    else this.#takeTurn(run);
  }

  #takeTurn(run: Turn): void {
    this.#isTaken = true;
    run(() => {
      const [next, ...others] = this.#turns;
      this.#isTaken = false;
      if (next === undefined) return;
      this.#turns = others;
      this.#takeTurn(next);
    });
  }

  /** The peer may have lost this dialog: `run`, unless something shows before that it has not. */
  doubt(clock: Clock, ms: number, run: () => void): void {
    this.#stopDoubt ??= clock.setTimer(ms, () => {
      this.#stopDoubt = undefined;
      run();
    });
  }

  /** It has not, or it is no matter any more. */
  stopDoubting(): void {
    this.#stopDoubt?.();
    this.#stopDoubt = undefined;
  }

  /** Stops what is under way; what was held back finds the dialog gone. */
  end(): void {
    this.isEnding = true;
    this.stopDoubting();
    this.#accepted?.runner.handle({ kind: 'ended' });
    this.session?.handle({ kind: 'ended' });
    this.#onEnd?.();
    this.#release();
  }

  #release(): void {
    const held = this.#held;
    this.#held = [];
    for (const run of held) run();
  }
}
