import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { CancelTimer, Clock } from '@truetuple/sip-engine';
import { GatewayError } from '../../errors.ts';
import { leaderOf, readFrames, writeFrame } from './server-frames.ts';
import type { SrfSession } from './srf-session.ts';

export interface ServerLinkParts {
  readonly host: string;
  readonly port: number;
  readonly clock: Clock;
  readonly session: SrfSession;
  readonly pingMs: number;
  readonly pongMs: number;
  /** How long connecting and the secret may take. */
  readonly connectMs: number;
  /** A server came back that is not the one that was connected to first; told once, until one is accepted again. */
  readonly onRefused: (because: string) => void;
  /** Every frame of the server, after drachtio-srf has had it. */
  readonly onFrame: (payload: Buffer) => void;
}

/** Requests that begin something: the server sends a verb to whoever asked for it. */
const verbs = 'invite options register subscribe notify message publish refer info update'.split(
  ' ',
);
const firstRetryMs = 100;
const longestRetryMs = 2_000;

/**
 * The connection to a drachtio-server, made again for as long as it is held open. The connection is ours and not
 * drachtio-srf's, because that does not look at the answers to its pings, so that a server that is dead and silent goes
 * unnoticed; and because it takes no limit for one attempt.
 */
export class ServerLink {
  readonly #parts: ServerLinkParts;
  #socket: Socket | undefined;
  #isRouting = false;
  #isClosed = false;
  #retryMs = firstRetryMs;
  #refusedBecause: string | undefined;
  #pingId: string | undefined;
  #routeId: string | undefined;
  #onRouted: () => void = () => undefined;
  readonly #timers = new Map<'connect' | 'retry' | 'ping' | 'pong', CancelTimer>();
  #onFirst: ((error: GatewayError | undefined) => void) | undefined;

  constructor(parts: ServerLinkParts) {
    this.#parts = parts;
    const { session } = parts;
    session.onlyWith((hostports) => this.#isAccepted(hostports));
    session.onUp(() => this.#up());
  }

  /**
   * Connects, and shows the secret.
   *
   * @param check an error for what the server tells as its addresses: "udp/1.2.3.4:5060,..."
   * @throws GatewayError SignallingUnreachable, SignallingRefused, or what `check` gives
   */
  async start(check: (hostports: string) => GatewayError | undefined): Promise<void> {
    const first = Promise.withResolvers<void>();
    this.#check = check;
    this.#onFirst = (error) => {
      this.#onFirst = undefined;
      if (error === undefined) first.resolve();
      else first.reject(error);
    };
    this.#connect();
    try {
      await first.promise;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /**
   * Asks for new requests, now and on every connection to come. Resolves when the server has taken that.
   *
   * @throws GatewayError SignallingUnreachable
   */
  async route(): Promise<void> {
    const routed = Promise.withResolvers<void>();
    this.#isRouting = true;
    this.#onRouted = routed.resolve;
    this.#askForVerbs();
    const cancel = this.#parts.clock.setTimer(this.#parts.connectMs, () =>
      routed.reject(this.#unreachable()),
    );
    try {
      await routed.promise;
    } finally {
      cancel();
    }
  }

  #askForVerbs(): void {
    for (const verb of verbs) {
      // they are answered in their order: the last one stands for all
      this.#routeId = randomUUID();
      this.#write(`${this.#routeId}|route|${verb}`);
    }
  }

  /** What was written still goes out. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const cancel of this.#timers.values()) cancel();
    this.#timers.clear();
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    const closed = Promise.withResolvers<void>();
    socket.once('close', () => closed.resolve());
    this.#startTimer('connect', this.#parts.pongMs, () => socket.destroy());
    socket.end();
    await closed.promise;
    this.#stopTimer('connect');
  }

  #check: (hostports: string) => GatewayError | undefined = () => undefined;

  #connect(): void {
    const { host, port, connectMs, session } = this.#parts;
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    this.#socket = socket;
    this.#startTimer('connect', connectMs, () => socket.destroy());
    // 'close' follows
    socket.on('error', () => undefined);
    socket.once('close', () => this.#closed());
    socket.once('connect', () => {
      session.server.emit('connection', socket);
      this.#listen(socket);
    });
  }

  #listen(socket: Socket): void {
    let rest: Buffer = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      const read = readFrames(rest.length === 0 ? bytes : Buffer.concat([rest, bytes]));
      if (read === undefined) {
        socket.destroy();
        return;
      }
      ({ rest } = read);
      for (const payload of read.payloads) this.#take(payload);
    });
  }

  #take(payload: Buffer): void {
    const [, verb, to, outcome] = leaderOf(payload);
    if (verb === 'response' && to === this.#pingId) this.#ponged();
    else if (verb === 'response' && to === this.#routeId) this.#onRouted();
    else if (verb === 'response' && outcome === 'NO') this.#refused();
    else this.#parts.onFrame(payload);
  }

  /** One that started anew with other addresses gets no call until it tells ours. */
  #isAccepted(hostports: string): boolean {
    const wrong = this.#check(hostports);
    if (wrong === undefined) return true;
    if (this.#onFirst !== undefined) this.#onFirst(wrong);
    else if (this.#refusedBecause !== wrong.message) this.#parts.onRefused(wrong.message);
    this.#refusedBecause = wrong.message;
    return false;
  }

  #up(): void {
    this.#stopTimer('connect');
    this.#refusedBecause = undefined;
    this.#retryMs = firstRetryMs;
    if (this.#isRouting) this.#askForVerbs();
    this.#ponged();
    this.#onFirst?.(undefined);
  }

  #refused(): void {
    const { host, port } = this.#parts;
    this.#onFirst?.(
      new GatewayError({
        code: 'SignallingRefused',
        message: `drachtio-server at ${host}:${port} refused the secret.`,
        remedy: 'Give the secret of its admin socket.',
        retry: 'never',
      }),
    );
    this.#socket?.destroy();
  }

  #closed(): void {
    this.#socket = undefined;
    for (const timer of ['connect', 'ping', 'pong'] as const) this.#stopTimer(timer);
    if (this.#isClosed) return;
    // start() takes the retry back by closing, if this was the first attempt
    this.#onFirst?.(this.#unreachable());
    this.#startTimer('retry', this.#retryMs, () => this.#connect());
    this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
  }

  #unreachable(): GatewayError {
    const { host, port } = this.#parts;
    return new GatewayError({
      code: 'SignallingUnreachable',
      message: `drachtio-server at ${host}:${port} did not answer.`,
      remedy: 'See that it runs, and that its admin socket listens there.',
      retry: 'later',
    });
  }

  /** It lives: the next ping after a while. */
  #ponged(): void {
    const { pingMs, pongMs } = this.#parts;
    this.#pingId = undefined;
    this.#stopTimer('pong');
    this.#startTimer('ping', pingMs, () => {
      this.#pingId = randomUUID();
      this.#write(`${this.#pingId}|ping`);
      this.#startTimer('pong', pongMs, () => this.#socket?.destroy());
    });
  }

  #write(payload: string): void {
    this.#socket?.write(writeFrame(payload));
  }

  #startTimer(name: 'connect' | 'retry' | 'ping' | 'pong', ms: number, run: () => void): void {
    this.#stopTimer(name);
    const cancel = this.#parts.clock.setTimer(ms, () => {
      this.#timers.delete(name);
      run();
    });
    this.#timers.set(name, cancel);
  }

  #stopTimer(name: 'connect' | 'retry' | 'ping' | 'pong'): void {
    this.#timers.get(name)?.();
    this.#timers.delete(name);
  }
}
