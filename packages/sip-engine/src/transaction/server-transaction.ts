import type { Cleared } from '../guard/send-gate.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Failure, ServerEffect, ServerEvent, Step } from './effect.ts';
import {
  inviteServerTransition,
  startInviteServer,
  type InviteServerState,
} from './invite-server.ts';
import { MachineRunner } from './machine-runner.ts';
import {
  nonInviteServerTransition,
  startNonInviteServer,
  type NonInviteServerState,
} from './non-invite-server.ts';
import type { TimerName } from './timing.ts';
import type { Inbound, TransactionPorts } from './ports.ts';

/** A response that may go out, as the machine carries it. */
interface Reply {
  readonly status: number;
  readonly cleared: Cleared<SipResponse>;
}

type Event = ServerEvent<Reply>;
type Effect = ServerEffect<Reply>;
type State = InviteServerState<Reply> | NonInviteServerState<Reply>;

interface ServerHooks {
  readonly onFailure: (failure: Failure) => void;
  readonly onEnd: () => void;
}

/** One server transaction: the machine of its method, and the way back to the peer (18.2.2). */
export class ServerTransaction {
  readonly inbound: Inbound<SipRequest>;
  readonly #runner: MachineRunner<State, Event, Effect, TimerName>;
  readonly #first: Step<State, Effect>;
  readonly #ports: TransactionPorts;
  readonly #hooks: ServerHooks;
  /** What went out last: the only one that is ever sent again. */
  #last: Cleared | undefined;

  constructor(ports: TransactionPorts, inbound: Inbound<SipRequest>, hooks: ServerHooks) {
    this.inbound = inbound;
    this.#ports = ports;
    this.#hooks = hooks;
    const { timing } = ports;
    const isInvite = inbound.message.method === 'INVITE';
    this.#first = isInvite ? startInviteServer(timing) : startNonInviteServer(timing);
    const transition = (state: State, event: Event): Step<State, Effect> =>
      isInvite
        ? inviteServerTransition(state as InviteServerState<Reply>, event, timing)
        : nonInviteServerTransition(state as NonInviteServerState<Reply>, event, timing);
    this.#runner = new MachineRunner<State, Event, Effect, TimerName>(
      ports.clock,
      {
        transition,
        timerEvent: (timer) => ({ kind: 'timer', timer }),
        carryOut: (effect) => this.#carryOut(effect),
      },
      this.#first.state,
    );
  }

  get request(): SipRequest {
    return this.inbound.message;
  }

  get timerCount(): number {
    return this.#runner.timerCount;
  }

  /** A 2xx to an INVITE is out: its ACK is the user's (RFC 6026). */
  get isAccepted(): boolean {
    return this.#runner.state.kind === 'accepted';
  }

  /** No final response yet. */
  get isPending(): boolean {
    const { kind } = this.#runner.state;
    return kind === 'trying' || kind === 'proceeding';
  }

  begin(): void {
    this.#runner.begin(this.#first.effects);
  }

  /** Sends what has passed the gate. */
  respond(cleared: Cleared<SipResponse>): void {
    const response = { status: cleared.message.status, cleared };
    this.#runner.handle({ kind: 'respond', response });
  }

  /** A response of the engine's own: what may not go ends the transaction without a word. */
  answer(response: SipResponse): void {
    const clearance = this.#ports.gate.clear(response, this.inbound.back);
    if (clearance.kind === 'cleared') this.respond(clearance.cleared);
    else if (response.status >= 200) this.abandon();
  }

  receiveAgain(): void {
    this.#runner.handle({ kind: 'retransmission' });
  }

  receiveAck(): void {
    this.#runner.handle({ kind: 'ack' });
  }

  abandon(): void {
    this.#runner.handle({ kind: 'abandon' });
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send-response':
        this.#send(effect.response.cleared);
        break;
      case 'report':
        this.#hooks.onFailure(effect.failure);
        break;
      case 'terminate':
        this.#hooks.onEnd();
        break;
      case 'pass-ack':
      case 'set-timer':
      case 'cancel-timer':
        break;
      default:
        effect satisfies never;
    }
  }

  #send(cleared: Cleared): void {
    if (this.#last === cleared) this.#ports.count('retransmission-out');
    this.#last = cleared;
    this.#ports.gate.send(cleared, () => this.#runner.handle({ kind: 'transport-error' }));
  }
}
