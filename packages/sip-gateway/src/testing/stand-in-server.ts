import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { Occasions } from './occasions.ts';
import { leaderOf, readFrames, writeFrame } from '../adapters/drachtio/server-frames.ts';

/** A frame of the application: its fields, and the SIP message behind them. */
export interface AppFrame {
  readonly id: string;
  readonly verb: string;
  readonly fields: readonly string[];
  readonly sip: string;
}

export interface StandInServerSetup {
  readonly secret: string;
  /** What it tells as its addresses at first. */
  readonly hostports: string;
}

/**
 * The outside of a drachtio-server, by hand: it takes the secret, routes and pings as that does, keeps every other frame,
 * and says what it is made to say. It knows no SIP.
 */
export class StandInServer implements AsyncDisposable {
  /** Frames that came, but for secret, routes and pings; of all connections. */
  readonly got: AppFrame[] = [];
  readonly verbs: string[] = [];
  /** Whether it answers pings and secrets, or is dead and silent. */
  isSilent = false;
  /** What it tells as its addresses from the next connection on. */
  hostports: string;
  readonly #setup: StandInServerSetup;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #occasions: Occasions;
  #connections = 0;
  #lastPing = '';

  private constructor(setup: StandInServerSetup, occasions: Occasions) {
    this.#setup = setup;
    this.hostports = setup.hostports;
    this.#occasions = occasions;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
  }

  /** `occasions` are told of whatever comes, connections that end included. */
  static async start(setup: StandInServerSetup, occasions: Occasions): Promise<StandInServer> {
    const standIn = new StandInServer(setup, occasions);
    standIn.#server.listen({ host: '127.0.0.1', port: 0 });
    await once(standIn.#server, 'listening');
    return standIn;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that were made to it so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Says this on every connection. */
  say(payload: string): void {
    for (const socket of this.#sockets) socket.write(writeFrame(payload));
  }

  /** Writes bytes that are no frame. */
  babble(bytes: string): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Cuts every connection off. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The frame, from now or before, whose SIP message starts with this. */
  async frame(start: string, after = 0): Promise<AppFrame> {
    return this.#occasions.until(() =>
      this.got.slice(after).find(({ sip }) => sip.startsWith(start)),
    );
  }

  /** The id of the next ping. */
  async ping(): Promise<string> {
    const last = this.#lastPing;
    return this.#occasions.until(() => this.#lastPing !== last && this.#lastPing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.drop();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#connections += 1;
    this.#sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.#occasions.tell();
    });
    socket.on('data', (bytes: Buffer) => {
      const read = readFrames(Buffer.concat([rest, bytes]));
      if (read === undefined) throw new Error('the application wrote what is no frame');
      ({ rest } = read);
      for (const payload of read.payloads) this.#take(socket, payload);
      this.#occasions.tell();
    });
  }

  #take(socket: Socket, payload: Buffer): void {
    const [id = '', verb = '', ...fields] = leaderOf(payload);
    const answer = (text: string): void => {
      if (!this.isSilent) socket.write(writeFrame(`s|response|${id}|${text}`));
    };
    const { secret } = this.#setup;
    const { hostports } = this;
    if (verb === 'authenticate' && fields[0] !== secret) {
      answer('NO|incorrect secret');
      socket.end();
    } else if (verb === 'authenticate') {
      answer(`OK|${hostports}|v0.9.10|${hostports}`);
    } else if (verb === 'ping') {
      answer('OK|pong');
      this.#lastPing = id;
    } else if (verb === 'route') {
      this.verbs.push(fields[0] ?? '');
      answer('OK');
    } else {
      const text = payload.toString();
      const start = text.indexOf('\r\n');
      this.got.push({ id, verb, fields, sip: start < 0 ? '' : text.slice(start + 2) });
    }
  }
}
