import type { HostPort } from '../message/host-port.ts';
import { withoutMessage, type Cleared, type Sendable } from '../guard/send-gate.ts';
import type { SipRequest, SipResponse } from '../message/message.ts';
import type { ClientEffect, ClientEvent, Failure, Step } from './effect.ts';
import {
  inviteClientTransition,
  startInviteClient,
  type InviteClientState,
} from './invite-client.ts';
import { MachineRunner, type MachineParts } from './machine-runner.ts';
import {
  nonInviteClientTransition,
  startNonInviteClient,
  type NonInviteClientState,
} from './non-invite-client.ts';
import { ackOf } from './same-transaction.ts';
import { endsCalls } from './ends-calls.ts';
import type { Way } from '../transport/send-path.ts';
import type { TimerName } from './timing.ts';
import type { Received, TransactionPorts } from './ports.ts';

type Event = ClientEvent<Received>;
type Effect = ClientEffect<Received>;
type State = InviteClientState | NonInviteClientState;

/** Who sent the request. */
export interface ClientUser {
  onResponse(received: Received): void;
  onFailure(failure: Failure): void;
  /** The transaction is over; nothing comes after this. */
  onEnd(): void;
}

/** The same for all transactions of a layer. */
export interface ClientHooks {
  readonly onEnd: (transaction: ClientTransaction) => void;
}

/** A request, and how a layer finds its transaction by a response. */
export interface KeyedRequest {
  readonly key: string;
  readonly request: Cleared<SipRequest>;
}

/** One client transaction: the machine of its method, and where its request goes. */
export class ClientTransaction {
  static readonly #machines: MachineParts<State, Event, Effect, TimerName, ClientTransaction> = {
    transition: (state, event, owner) => owner.#transition(state, event),
    timerEvent: (timer) => ({ kind: 'timer', timer }),
    carryOut: (effect, owner) => owner.#carryOut(effect),
  };

  readonly key: string;
  readonly #isInvite: boolean;
  /** Without it the peer would keep the call. */
  readonly #endsCall: boolean;
  /** As long as it may have to go out again; then only its way. */
  #sent: Sendable | undefined;
  readonly #way: Way;
  /** An INVITE, from which the ACK of a refusal is made. */
  #invite: SipRequest | undefined;
  readonly #runner: MachineRunner<State, Event, Effect, TimerName, ClientTransaction>;
  readonly #ports: TransactionPorts;
  readonly #user: ClientUser;
  readonly #hooks: ClientHooks;
  #hasBeenSent = false;

  constructor(
    ports: TransactionPorts,
    { key, request }: KeyedRequest,
    user: ClientUser,
    hooks: ClientHooks,
  ) {
    this.key = key;
    const { method } = request.message;
    this.#isInvite = method === 'INVITE';
    this.#endsCall = endsCalls.has(method);
    this.#sent = withoutMessage(request);
    this.#way = request.way;
    if (this.#isInvite) this.#invite = request.message;
    this.#ports = ports;
    this.#user = user;
    this.#hooks = hooks;
    this.#runner = new MachineRunner<State, Event, Effect, TimerName, ClientTransaction>(
      ports.clock,
      ClientTransaction.#machines,
      this.#first().state,
      this,
    );
  }

  /** Host and port of our Via. */
  get sentBy(): HostPort {
    return this.#way.path.advertised;
  }

  get timerCount(): number {
    return this.#runner.timerCount;
  }

  begin(): void {
    this.#runner.begin(this.#first().effects);
  }

  receive(received: Received): void {
    this.#runner.handle({ kind: 'response', response: received });
  }

  abandon(): void {
    this.#runner.handle({ kind: 'abandon' });
  }

  #carryOut(effect: Effect): void {
    switch (effect.kind) {
      case 'send-request':
        this.#request();
        break;
      case 'send-ack':
        this.#acknowledge(effect.response.response);
        break;
      case 'pass-response':
        this.#letGo(effect.response.status);
        this.#user.onResponse(effect.response);
        break;
      case 'report':
        this.#user.onFailure(effect.failure);
        break;
      case 'terminate':
        this.#hooks.onEnd(this);
        this.#user.onEnd();
        break;
      case 'set-timer':
      case 'cancel-timer':
        break;
      default:
        effect satisfies never;
    }
  }

  /** After a final response nothing is repeated, and only a refusal is acknowledged here. */
  #letGo(status: number): void {
    if (status >= 200) this.#sent = undefined;
    if (status >= 200 && status < 300) this.#invite = undefined;
  }

  #acknowledge(response: SipResponse): void {
    if (this.#invite === undefined) return;
    const ack = ackOf(this.#invite, response);
    const clearance = this.#ports.gate.clear(ack, this.#way);
    // one that does not leave is sent again for the next repeat of the response
    if (clearance.kind === 'cleared') this.#ports.gate.send(clearance.cleared, () => undefined);
  }

  #transition(state: State, event: Event): Step<State, Effect> {
    const { timing } = this.#ports;
    return this.#isInvite
      ? inviteClientTransition(state as InviteClientState, event, timing)
      : nonInviteClientTransition(state as NonInviteClientState, event, timing);
  }

  #first(): Step<State, Effect> {
    const { timing } = this.#ports;
    return this.#isInvite ? startInviteClient(timing) : startNonInviteClient(timing);
  }

  #request(): void {
    const isRepeat = this.#hasBeenSent;
    if (isRepeat) this.#ports.count('retransmission-out');
    this.#hasBeenSent = true;
    if (this.#sent === undefined) return;
    this.#ports.gate.send(this.#sent, ({ retry }) => {
      // 17.1.4; but a repeat that the kernel refuses (EPERM, no route for a moment) is as good as one that is lost on the way
      const goesOn = retry !== 'never' && (isRepeat || this.#endsCall);
      if (!goesOn) this.#runner.handle({ kind: 'transport-error' });
    });
  }
}
