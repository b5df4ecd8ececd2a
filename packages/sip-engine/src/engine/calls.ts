import type { Server } from 'node:net';
import { endDialog } from './client.ts';
import type { EngineContext } from './context.ts';
import { Draining } from './draining.ts';
import type { EngineParts } from './engine-parts.ts';
import { EngineGate } from './gate.ts';
import { InboundRequests } from './inbound.ts';
import { isHeard } from './invite-subject.ts';
import { OutboundRequests } from './outbound.ts';
import { engineClosed, noTransport } from './engine-errors.ts';
import { receiveDatagram } from './receive.ts';
import type { SipEngine, SipEngineCounts } from '../engine.ts';
import { SipEngineError } from '../errors.ts';
import { assertHeaderSafe } from '../message/header-list.ts';
import type { Counted } from '../transaction/ports.ts';
import { TransactionLayer } from '../transaction/transaction-layer.ts';
import type { CancelTimer } from '../transport/clock.ts';
import type { Transport } from '../transport/transport.ts';
import { tupleText } from '../transport/tuple.ts';
import {
  AppConnection,
  type AppCommand,
  type AppHooks,
  type AppLink,
} from '../wire/app-connection.ts';
import { AppDirectory } from '../wire/app-directory.ts';
import { listenForApps, type AppListener } from '../wire/app-listener.ts';
import { AppSocket } from '../wire/app-socket.ts';

/** The engine, held open: transports below, applications above, calls in between. */
export class EngineCalls implements SipEngine {
  readonly #parts: EngineParts;
  readonly #context: EngineContext;
  readonly #gate: EngineGate;
  readonly #inbound: InboundRequests;
  readonly #outbound: OutboundRequests;
  readonly #apps = new AppDirectory();
  /** Those that have not shown the secret, too. */
  readonly #connections: Set<AppConnection> = new Set<AppConnection>();
  readonly #listeners: AppListener[] = [];
  readonly #graces: Set<CancelTimer> = new Set<CancelTimer>();
  readonly #counted: Record<Counted | 'malformed', number> = {
    'retransmission-in': 0,
    'retransmission-out': 0,
    overload: 0,
    stranger: 0,
    malformed: 0,
  };
  readonly #draining = new Draining(() => this.#isIdle());
  /** Of the end: new calls that no CANCEL can follow yet. */
  readonly #cancelling = new Draining(() => this.#outbound.pendingOf(undefined).every(isHeard));
  #isClosed = false;

  constructor(parts: EngineParts) {
    if (parts.transports.length === 0) throw noTransport();
    this.#parts = parts;
    const { pathTo, names, onGuardRefusal: onRefusal } = parts;
    this.#gate = new EngineGate({ pathTo, names, onRefusal });
    const transactions = new TransactionLayer(
      {
        clock: parts.clock,
        timing: parts.timing,
        maxTransactions: parts.limits.transactions,
        tagFor: parts.tagFor,
        acceptsFrom: parts.acceptsFrom,
        gate: this.#gate,
        count: (what) => {
          this.#counted[what] += 1;
        },
      },
      {
        hasDialog: (request) => this.#inbound.hasDialog(request),
        isFirstBye: (request) => this.#inbound.isFirstBye(request),
        onRequest: (transaction) => this.#inbound.onRequest(transaction),
        onAck: (ack) => this.#inbound.onAck(ack),
        onServerFailure: (transaction, failure) =>
          this.#inbound.onServerFailure(transaction, failure),
        onServerEnd: (transaction) => {
          this.#inbound.onServerEnd(transaction);
          this.#draining.check();
        },
      },
    );
    this.#context = {
      clock: parts.clock,
      timing: parts.timing,
      token: parts.token,
      newId: parts.newId,
      transactions,
      dialogs: parts.dialogs,
      apps: this.#apps,
      transports: parts.transports,
      pathTo,
      acceptsFrom: parts.acceptsFrom,
      gate: this.#gate,
      branchMark: parts.token().slice(-8),
      resolver: parts.resolver,
      supported: parts.supported,
      dialogLimit: parts.limits.dialogs,
      isDraining: () => this.#draining.hasBegun,
    };
    this.#inbound = new InboundRequests(this.#context);
    this.#outbound = new OutboundRequests(this.#context, () => this.#checkEnds());
    parts.dialogs.onEmpty = (): void => this.#draining.check();
    for (const transport of parts.transports) this.#receiveFrom(transport);
  }

  attach(server: Server): void {
    if (this.#isClosed) return;
    const socket: AppSocket = new AppSocket({
      onBytes: (bytes) => app.receive(bytes),
      onText: (text) => app.receiveText(text),
      onClosed: () => {
        app.lost();
        // whoever never showed the secret will not do so the next time
        if (app.isAuthenticated) setImmediate(() => this.attach(server));
      },
    });
    const link = {
      write: (frame: Buffer): void => socket.deliver(frame),
      close: (): void => socket.close(),
    };
    const app = this.#accept(link, true);
    socket.announceTo(server);
  }

  async listen(options: { readonly address: string; readonly port: number }): Promise<AppListener> {
    if (this.#isClosed) throw engineClosed(options);
    const { appConnections, appUnreadBytes } = this.#parts.limits;
    const listener = await listenForApps(
      {
        address: options.address,
        port: options.port,
        maxConnections: appConnections,
        maxUnreadBytes: appUnreadBytes,
      },
      (link) => this.#accept(link, false),
    );
    if (this.#isClosed) {
      await listener.close();
      throw engineClosed(options);
    }
    this.#listeners.push(listener);
    return listener;
  }

  counts(): SipEngineCounts {
    const { transactions, dialogs } = this.#context;
    return {
      transactions: transactions.size,
      dialogs: dialogs.size,
      timers:
        transactions.timerCount +
        dialogs.timerCount +
        this.#outbound.timerCount +
        this.#inbound.timerCount +
        this.#graces.size,
      apps: this.#apps.size,
      retransmissionsIn: this.#counted['retransmission-in'],
      retransmissionsOut: this.#counted['retransmission-out'],
      overload: this.#counted.overload,
      strangers: this.#counted.stranger,
      malformed: this.#counted.malformed,
      guardRefusals: this.#gate.refusals,
    };
  }

  async drain(): Promise<void> {
    await this.#draining.end();
  }

  async close(): Promise<SipEngineCounts> {
    const before = this.counts();
    if (this.#isClosed) return before;
    this.#isClosed = true;
    this.#draining.begin();
    for (const invite of this.#outbound.pendingOf(undefined)) invite.cancel([]);
    this.#inbound.abandon(undefined);
    for (const live of this.#context.dialogs.all()) endDialog(this.#context, live, 'server stops');
    for (const cancel of this.#graces) cancel();
    this.#graces.clear();
    for (const app of this.#connections) app.close();
    const { clock, timing } = this.#parts;
    // 9.1: a CANCEL waits for the first response; who has none after three tries is not there
    await this.#cancelling.endWithin(clock, 4 * timing.t1Ms);
    this.#context.transactions.abandonAll();
    this.#outbound.stop();
    await Promise.all(this.#listeners.map(async (listener) => listener.close()));
    await Promise.all(this.#parts.transports.map(async (transport) => transport.close()));
    return before;
  }

  #receiveFrom(transport: Transport): void {
    transport.onMessage((bytes, source, local) => {
      const arrival = { bytes, source, local, transport };
      try {
        const fate = receiveDatagram(this.#context, arrival, this.#parts.limits.message);
        if (fate !== 'taken') this.#counted[fate] += 1;
      } catch (error) {
        // a value that may be received but not written; anything else is a fault of ours and has to show
        if (!SipEngineError.is(error)) throw error;
        this.#counted.malformed += 1;
      }
      this.#checkEnds();
    });
    // failures of the socket itself belong to no call; sends have listeners of their own
    transport.onFailure(() => undefined);
  }

  #accept(link: AppLink, takesAll: boolean): AppConnection {
    const { secret, clock, limits, transports, contact } = this.#parts;
    const { authenticationMs } = limits;
    const hooks: AppHooks = {
      onAuthenticated: (app) => this.#apps.add(app),
      onCommand: (app, command) => this.#command(app, command),
      onClosed: (app) => this.#lose(app),
      hostports: () => ({
        told: transports.map(({ localAddress }) => {
          const { address, port } = localAddress;
          const told = { address: contact?.host ?? address, port: contact?.port ?? port };
          return `udp/${tupleText(told)}`;
        }),
        bound: transports.map(({ localAddress }) => `udp/${tupleText(localAddress)}`),
      }),
    };
    const settings = { secret, clock, authenticationMs, takesAll };
    const connection = new AppConnection(link, settings, hooks);
    this.#connections.add(connection);
    return connection;
  }

  #command(app: AppConnection, command: AppCommand): void {
    let refusal: string | undefined;
    try {
      // now: what is sent later, after a lookup or an ACK, has nobody left to refuse it to
      for (const { name, value } of command.sip.headers) assertHeaderSafe(name, value);
      refusal =
        command.sip.start.kind === 'response'
          ? this.#inbound.respond(app, command)
          : this.#outbound.handle(app, command);
    } catch (error) {
      // a header that would break the message is the application's fault; anything else is ours
      if (!SipEngineError.is(error)) throw error;
      refusal = error.message;
    }
    if (refusal !== undefined) app.tell({ kind: 'refused', to: command.id, text: refusal });
    this.#draining.check();
  }

  /** The application is gone: nothing that it began is left open. */
  #lose(app: AppConnection): void {
    this.#connections.delete(app);
    this.#apps.remove(app);
    if (this.#isClosed || !app.isAuthenticated) return;
    for (const invite of this.#outbound.pendingOf(app)) invite.cancel([]);
    this.#inbound.abandon(app);
    const owned = this.#context.dialogs.all().filter((live) => live.app === app);
    for (const live of owned) live.app = undefined;
    if (owned.length === 0) return;
    const cancel = this.#parts.clock.setTimer(this.#parts.limits.appGraceMs, () => {
      this.#graces.delete(cancel);
      for (const live of owned)
        if (live.app === undefined) endDialog(this.#context, live, 'application lost');
    });
    this.#graces.add(cancel);
  }

  #checkEnds(): void {
    this.#draining.check();
    this.#cancelling.check();
  }

  /** No dialog, and no INVITE either way that waits for its answer. */
  #isIdle(): boolean {
    const { dialogs, transactions } = this.#context;
    if (dialogs.size > 0 || transactions.isInvited) return false;
    return this.#outbound.pendingOf(undefined).length === 0;
  }
}
