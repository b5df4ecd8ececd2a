import { createServer, type Server, type Socket } from 'node:net';
import { steadyTables, type Clock } from '@truetuple/sip-engine';
import {
  newSrf,
  type AnswerRequest,
  type SrfApp,
  type SrfRequestOptions,
  type SrfSent,
} from '../../sip/srf.ts';

/** How long something that could not be said is still worth saying: what a SIP transaction lasts (64*T1). */
const worthSayingMs = 32_000;
const mostUnsaid = 10_000;

interface Unsaid {
  readonly atMs: number;
  readonly run: () => void;
}

/**
 * One drachtio-srf, and the connection to the SIP server that it speaks over. It is always made to listen, on a server
 * that never does: whoever holds a connection announces it there. So reconnecting, pinging and TLS are not
 * drachtio-srf's, which does them wrong.
 */
export class SrfSession {
  /** Connections are announced to it with `emit('connection', socket)`. */
  readonly server: Server = createServer();
  readonly #srf: SrfApp = newSrf();
  readonly #clock: Clock;
  #socket: Socket | undefined;
  #announced: Socket | undefined;
  #unsaid: Unsaid[] = [];
  #isAccepted: (hostports: string) => boolean = () => true;
  #onUp: (hostports: string) => void = () => undefined;
  #onDown: () => void = () => undefined;

  constructor(clock: Clock, secret: string, answer: AnswerRequest) {
    this.#clock = clock;
    this.#srf.use(answer);
    // an 'error' with no listener would end the process
    this.#srf.on('error', () => undefined);
    this.#srf.on('connect', (error, hostports = '') => this.#authenticated(error, hostports));
    this.#srf.listen({ server: this.server, secret });
    steadyTables(this.#srf);
    this.server.on('connection', (socket: Socket) => {
      this.#announced = socket;
      socket.once('close', () => this.#closed(socket));
    });
  }

  get isUp(): boolean {
    return this.#socket !== undefined;
  }

  /** Whether a server that tells these as its addresses is spoken to: the connection to another one is given up, and was never up. */
  onlyWith(isAccepted: (hostports: string) => boolean): void {
    this.#isAccepted = isAccepted;
  }

  /** The secret was taken, and the server accepted. */
  onUp(listener: (hostports: string) => void): void {
    this.#onUp = listener;
  }

  /** A connection that was up is gone; what was asked over it is never answered. */
  onDown(listener: () => void): void {
    this.#onDown = listener;
  }

  /** Runs at once over the connection, or over the next one, unless that takes too long. */
  whenUp(run: (socket: Socket) => void): void {
    const socket = this.#socket;
    if (socket !== undefined) {
      run(socket);
      return;
    }
    if (this.#unsaid.length >= mostUnsaid) return;
    const later = (): void => {
      if (this.#socket !== undefined) run(this.#socket);
    };
    this.#unsaid.push({ atMs: this.#clock.now(), run: later });
  }

  /** Never throws: with no connection `done` gets an error. */
  request(uri: string, options: SrfRequestOptions, done: SrfSent): void {
    try {
      this.#srf.request(uri, options, done);
    } catch (error) {
      // drachtio-srf asserts that it has a connection
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }

  /** Nothing more is said or heard. */
  close(): void {
    this.#onDown = () => undefined;
    this.#unsaid = [];
    this.server.removeAllListeners('connection');
    this.#announced?.destroy();
  }

  #authenticated(error: Error | null, hostports: string): void {
    const socket = this.#announced;
    if (error !== null || socket === undefined || socket.destroyed) return;
    if (!this.#isAccepted(hostports)) {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    this.#onUp(hostports);
    const oldest = this.#clock.now() - worthSayingMs;
    const unsaid = this.#unsaid.filter(({ atMs }) => atMs >= oldest);
    this.#unsaid = [];
    for (const { run } of unsaid) run();
  }

  #closed(socket: Socket): void {
    if (this.#announced === socket) this.#announced = undefined;
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    this.#onDown();
  }
}
