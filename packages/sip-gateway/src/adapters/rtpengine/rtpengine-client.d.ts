// The part of rtpengine-client that we use: its UDP client. Replies are whatever the daemon sent, so they are read as unknown.
// oxlint-disable-next-line house/erasable -- the only form that gives types to a package without any
declare module 'rtpengine-client' {
  import type { EventEmitter } from 'node:events';

  interface NgEndpoint {
    readonly host: string;
    readonly port: number;
  }
  class Client extends EventEmitter {
    constructor(options: { timeout: number; localAddress?: string; rejectOnError?: boolean });
    offer(to: NgEndpoint, dictionary: object): Promise<unknown>;
    answer(to: NgEndpoint, dictionary: object): Promise<unknown>;
    delete(to: NgEndpoint, dictionary: object): Promise<unknown>;
    query(to: NgEndpoint, dictionary: object): Promise<unknown>;
    ping(to: NgEndpoint): Promise<unknown>;
    close(): void;
    /** Every datagram that comes to its socket. */
    _onMessage(datagram: Buffer): void;
    /** One that was read, `id` being its cookie. */
    _onParsedMessage(reply: { readonly id: string }): void;
    /** Who waits for an answer, by the cookie of the request. */
    readonly messages: ReadonlyMap<string, unknown>;
    /** One for each request that has no answer yet, by its cookie. */
    readonly timers: ReadonlyMap<string, NodeJS.Timeout>;
  }
  const rtpengineClient: { readonly Client: typeof Client };
  export default rtpengineClient;
}
