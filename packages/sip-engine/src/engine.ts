import type { Server } from 'node:net';
import { DialogTable } from './dialog/dialog-table.ts';
import { EngineCalls } from './engine/calls.ts';
import type { GuardRefusal } from './guard/send-gate.ts';
import type { HostPort } from './message/host-port.ts';
import { datagramLimits, type MessageLimits } from './message/parsed.ts';
import { randomId, randomToken } from './random-text.ts';
import { requireLimits, requireOptions } from './require-options.ts';
import type { Resolver } from './resolver/resolver.ts';
import { systemResolver } from './resolver/system-resolver.ts';
import { statelessTags } from './stateless-tag.ts';
import { defaultTiming, type TransactionTiming } from './transaction/timing.ts';
import type { Clock } from './transport/clock.ts';
import { systemClock } from './transport/system-clock.ts';
import { defaultPathTo } from './transport/default-path.ts';
import type { SendPath } from './transport/send-path.ts';
import type { Transport } from './transport/transport.ts';
import type { Tuple } from './transport/tuple.ts';
import type { AppConnection } from './wire/app-connection.ts';
import type { AppListener } from './wire/app-listener.ts';

/** What an engine is made from. */
export interface SipEngineOptions {
  /** Bound sockets; the engine closes them with itself. */
  readonly transports: readonly Transport[];
  /** What an application has to show before anything is done for it. */
  readonly secret: string;
  readonly clock?: Clock;
  /**
   * Host, and perhaps port, that Via, From and Contact say instead of the bound tuple: the public address of this
   * machine. With `pathTo` it is only what applications are told of us when they connect.
   */
  readonly contact?: HostPort;
  /**
   * Decides by each destination which of the transports sends there and what it is told of us; undefined: nothing may be
   * sent there, and what comes from there is not taken. Responses obey it too: one whose request came to another socket than
   * the path's leaves by the path's, since that is where the peer was told that we are (RFC 3581 section 4 would keep to the
   * socket of the arrival, which is the same one for every peer that calls the address it was told). Default: `contact`, or
   * the tuple of the socket that the peer talked to.
   */
  readonly pathTo?: (destination: Tuple) => SendPath | undefined;
  /**
   * Whether what comes from there may begin something. From elsewhere a request outside of calls, one that names a call or INVITE that
   * is not there, what cannot be read, and a keepalive get no answer and nothing is kept of them. Responses, and requests in calls that are there, are taken from
   * everywhere: who sends them knows tags that cannot be guessed. A source is what the datagram says: over UDP anybody can write it.
   * Default: everybody.
   */
  readonly acceptsFrom?: (source: Tuple) => boolean;
  /**
   * Hosts that session descriptions may name, for whoever keeps media elsewhere; 'any' leaves them unguarded. Default: the host
   * that Contact says. With `pathTo` each path says its own.
   */
  readonly mediaHosts?: readonly string[] | 'any';
  /** Host names that stand for this machine in Contact and in session descriptions. */
  readonly names?: readonly string[];
  /** Told of each message that would have shown a peer a tuple it does not see, once its fate is settled. */
  readonly onGuardRefusal?: (refusal: GuardRefusal) => void;
  readonly timing?: Partial<TransactionTiming>;
  readonly limits?: Partial<SipEngineLimits>;
  /** Names to addresses. Default: the system's. */
  readonly resolver?: Resolver;
  /**
   * Option tags that the application understands when a request requires them; others are refused with 420.
   * 'timer' has the engine keep session timers (RFC 4028); '100rel' has it send reliable provisional responses (RFC 3262), whose
   * PRACK the application answers. Default: replaces, timer, norefersub, tdialog, histinfo.
   */
  readonly supported?: readonly string[];
  /** Where tags, branches and Call-IDs come from: letters and digits, at least ten, with 64 random bits. Default: node:crypto. */
  readonly token?: () => string;
}

/** Everything that could grow has an end. */
export interface SipEngineLimits {
  /** Client and server transactions; beyond it new requests get 503. */
  readonly transactions: number;
  /** Dialogs; beyond it a new INVITE gets 503. Applications are not refused: an INVITE of theirs makes 17 at most, 16 of them early. */
  readonly dialogs: number;
  /** Connections of applications over TCP. */
  readonly appConnections: number;
  /** Bytes that may wait for an application that does not read. */
  readonly appUnreadBytes: number;
  /** How long a connection may stay without showing the secret, in milliseconds. */
  readonly authenticationMs: number;
  /** How long dialogs outlive the connection of their application, in milliseconds; then they get a BYE. */
  readonly appGraceMs: number;
  readonly message: MessageLimits;
}

/** What an engine holds now, and what it has counted. */
export interface SipEngineCounts {
  readonly transactions: number;
  readonly dialogs: number;
  /** Timers of transactions and dialogs. */
  readonly timers: number;
  readonly apps: number;
  /** Requests that came again. */
  readonly retransmissionsIn: number;
  /** Requests and responses that were sent again. */
  readonly retransmissionsOut: number;
  /** Requests refused because a limit was reached. */
  readonly overload: number;
  /** Datagrams dropped since `acceptsFrom` does not accept their source. */
  readonly strangers: number;
  /** Datagrams that were no usable message, or one that could not be answered. */
  readonly malformed: number;
  /** Messages that the send guard withheld, replaced or stripped. */
  readonly guardRefusals: number;
}

/** An in-process SIP server that speaks drachtio-server's application protocol. */
export interface SipEngine {
  /**
   * Serves an application that listens, `srf.listen({ server, secret })`, with no socket. The server need not
   * listen itself. A connection that the application ends is made anew.
   */
  attach(server: Server): void;
  /** Serves applications that connect by TCP, `srf.connect({ host, port, secret })`. */
  listen(options: { readonly address: string; readonly port: number }): Promise<AppListener>;
  counts(): SipEngineCounts;
  /**
   * Refuses new INVITEs with 503 from now on; resolves when the last dialog has ended, and the last INVITE of either side has its
   * final response. Applications may still call.
   */
  drain(): Promise<void>;
  /**
   * Ends calls that are left with BYE or CANCEL, refuses what waits for an answer, then closes everything. An INVITE that has had no
   * response may not be cancelled yet (RFC 3261 section 9.1): its first one is waited for, for 4*T1 (2 seconds) at most.
   * @returns what was held when it began
   */
  close(): Promise<SipEngineCounts>;
}

const defaultLimits: SipEngineLimits = {
  transactions: 100_000,
  dialogs: 10_000,
  appConnections: 64,
  appUnreadBytes: 16 * 1024 * 1024,
  authenticationMs: 5_000,
  appGraceMs: 5_000,
  message: datagramLimits,
};

const defaultSupported = ['replaces', 'timer', 'norefersub', 'tdialog', 'histinfo'] as const;

/**
 * Makes an engine on these transports; it answers from the first datagram on.
 * @throws SipEngineError OptionsInvalid, or AddressInvalid without a transport
 */
export function createSipEngine(options: SipEngineOptions): SipEngine {
  requireOptions(options);
  const limits: SipEngineLimits = { ...defaultLimits, ...options.limits };
  requireLimits(limits);
  const { contact, token = randomToken } = options;
  return new EngineCalls({
    transports: options.transports,
    secret: options.secret,
    limits,
    clock: options.clock ?? systemClock,
    timing: { ...defaultTiming, ...options.timing },
    token,
    newId: randomId,
    tagFor: statelessTags(token()),
    resolver: options.resolver ?? systemResolver,
    supported: options.supported ?? defaultSupported,
    dialogs: new DialogTable<AppConnection>(),
    contact,
    names: options.names ?? [],
    acceptsFrom: options.acceptsFrom ?? ((): boolean => true),
    onGuardRefusal: options.onGuardRefusal ?? ((): void => undefined),
    pathTo:
      options.pathTo ??
      defaultPathTo({ transports: options.transports, contact, mediaHosts: options.mediaHosts }),
  });
}
