import { Socket, type Server } from 'node:net';

/** The engine's side of an AppSocket. */
export interface AppSocketEnd {
  readonly onBytes: (bytes: Uint8Array) => void;
  readonly onText: (text: string) => void;
  readonly onClosed: () => void;
}

type Written = (error?: Error | null) => void;

/**
 * A connection with no wire, for an application that listens (`srf.listen({ server, secret })`): it takes this for a
 * net.Socket that came to its server. What either side writes reaches the other in order, never inside the call: the
 * engine when the application's own code has run, the application in a later turn of the event loop, so that what it awaits
 * goes on before the next frame.
 */
export class AppSocket extends Socket {
  readonly #end: AppSocketEnd;

  constructor(end: AppSocketEnd) {
    super();
    this.#end = end;
    this.once('close', () => end.onClosed());
  }

  /** Hands the socket to a server as if it had come in. The server need not listen. */
  announceTo(server: Server): void {
    server.emit('connection', this);
  }

  /** Engine to application. */
  deliver(frame: Buffer): void {
    setImmediate(() => {
      if (!this.destroyed) this.emit('data', frame);
    });
  }

  /** Application to engine: what a net.Socket would put on the wire. */
  override write(
    data: Uint8Array | string,
    encoding?: BufferEncoding | Written,
    written?: Written,
  ): boolean {
    // a copy: whoever wrote it may use its bytes again
    const kept = typeof data === 'string' ? data : Buffer.from(data);
    const done = typeof encoding === 'function' ? encoding : written;
    // not a turn of the event loop for each: what the engine answers takes one
    process.nextTick(() => {
      if (!this.destroyed) {
        if (typeof kept === 'string') this.#end.onText(kept);
        else this.#end.onBytes(kept);
      }
      done?.();
    });
    return true;
  }

  override setKeepAlive(): this {
    return this;
  }

  override setNoDelay(): this {
    return this;
  }

  override end(): this {
    this.destroy();
    return this;
  }

  /** Ends it once what was delivered has been read. */
  close(): void {
    setImmediate(() => this.destroy());
  }
}
