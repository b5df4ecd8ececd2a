import { withoutMessage, type Cleared, type Sendable } from '../guard/send-gate.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { Failure, ServerEffect, ServerEvent, Step } from './effect.ts';
import {
  inviteServerTransition,
  startInviteServer,
  type InviteServerState,
} from './invite-server.ts';
import { MachineRunner, type MachineParts } from './machine-runner.ts';
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
  readonly sendable: Sendable;
}

type Event = ServerEvent<Reply>;
type Effect = ServerEffect<Reply>;
type State = InviteServerState<Reply> | NonInviteServerState<Reply>;

/** The same for all transactions of a layer. */
export interface ServerHooks {
  readonly onFailure: (transaction: ServerTransaction, failure: Failure) => void;
  readonly onEnd: (transaction: ServerTransaction) => void;
}

/** How a layer finds a transaction: by the request again, and by a copy that came by another way. */
export interface ServerKeys {
  readonly key: string;
  readonly mergeKey: string | undefined;
}

/** One server transaction: the machine of its method, and the way back to the peer (18.2.2). */
export class ServerTransaction {
  static readonly #machines: MachineParts<State, Event, Effect, TimerName, ServerTransaction> = {
    transition: (state, event, owner) => owner.#transition(state, event),
    timerEvent: (timer) => ({ kind: 'timer', timer }),
    carryOut: (effect, owner) => owner.#carryOut(effect),
  };

  readonly keys: ServerKeys;
  readonly method: string;
  /** The tag of ours that its final response carried; undefined before. */
  toTag: string | undefined;
  #inbound: Inbound<SipRequest> | undefined;
  readonly #runner: MachineRunner<State, Event, Effect, TimerName, ServerTransaction>;
  readonly #ports: TransactionPorts;
  readonly #hooks: ServerHooks;
  /** The provisional response that went out last: the only one that is ever sent again. */
  #provisional: Sendable | undefined;
  #hasSentFinal = false;

  constructor(
    ports: TransactionPorts,
    inbound: Inbound<SipRequest>,
    keys: ServerKeys,
    hooks: ServerHooks,
  ) {
    this.#inbound = inbound;
    this.keys = keys;
    this.method = inbound.message.method;
    this.#ports = ports;
    this.#hooks = hooks;
    const { state } = this.#first();
    this.#runner = new MachineRunner<State, Event, Effect, TimerName, ServerTransaction>(
      ports.clock,
      ServerTransaction.#machines,
      state,
      this,
    );
  }

  /** The request as it came; not there any more once it was let go. */
  get inbound(): Inbound<SipRequest> {
    if (this.#inbound !== undefined) return this.#inbound;
    throw new Error(`the ${this.method} of this transaction was answered and let go`);
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
    this.#runner.begin(this.#first().effects);
  }

  /** Sends what has passed the gate. */
  respond(cleared: Cleared<SipResponse>): void {
    const response = { status: cleared.message.status, sendable: withoutMessage(cleared) };
    this.#runner.handle({ kind: 'respond', response });
  }

  /**
   * It has its final response, and nobody will look at its request again: what is left absorbs repeats.
   * @param toTag of the response: that to a CANCEL carries the same (9.2)
   */
  letGo(toTag: string): void {
    this.toTag = toTag;
    this.#inbound = undefined;
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
        this.#send(effect.response);
        break;
      case 'report':
        this.#hooks.onFailure(this, effect.failure);
        break;
      case 'terminate':
        this.#hooks.onEnd(this);
        break;
      case 'pass-ack':
      case 'set-timer':
      case 'cancel-timer':
        break;
      default:
        effect satisfies never;
    }
  }

  #transition(state: State, event: Event): Step<State, Effect> {
    const { timing } = this.#ports;
    return this.method === 'INVITE'
      ? inviteServerTransition(state as InviteServerState<Reply>, event, timing)
      : nonInviteServerTransition(state as NonInviteServerState<Reply>, event, timing);
  }

  #first(): Step<State, Effect> {
    const { timing } = this.#ports;
    return this.method === 'INVITE' ? startInviteServer(timing) : startNonInviteServer(timing);
  }

  #send({ status, sendable }: Reply): void {
    const isFinal = status >= 200;
    const isRepeat = isFinal ? this.#hasSentFinal : this.#provisional?.bytes === sendable.bytes;
    if (isRepeat) this.#ports.count('retransmission-out');
    this.#hasSentFinal = isFinal;
    this.#provisional = isFinal ? undefined : sendable;
    this.#ports.gate.send(sendable, () => this.#runner.handle({ kind: 'transport-error' }));
  }
}
