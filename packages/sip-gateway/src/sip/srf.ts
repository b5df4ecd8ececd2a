import type { Server } from 'node:net';
import Srf from 'drachtio-srf';

/** The part of drachtio-srf 5.0.29 that the gateway uses, with types that its own declarations lack or get wrong. */
export interface SrfMessage {
  readonly body: string | undefined;
  get(name: string): string | undefined;
}

export interface SrfInboundRequest extends SrfMessage {
  readonly method: string;
  readonly uri: string;
  readonly source_address: string;
  /** Empty outside of a dialog. */
  readonly stackDialogId: string | undefined;
  on(event: 'cancel', listener: () => void): void;
}

export interface SrfOutgoing {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SrfServerResponse {
  /** Throws for a status that drachtio-srf does not know. */
  send(status: number, options?: SrfOutgoing): void;
}

export interface SrfClientResponse extends SrfMessage {
  readonly status: number;
  readonly stackDialogId: string | undefined;
}

export interface SrfSentRequest {
  on(event: 'response', listener: (response: SrfClientResponse, ack: () => void) => void): void;
  cancel(done: (error: Error | null) => void): void;
}

/** `method`, and in a dialog its name; what is left out is the SIP server's to fill in. */
export interface SrfRequestOptions extends SrfOutgoing {
  readonly method: string;
  readonly stackDialogId?: string;
}

export interface SrfApp {
  listen(options: { readonly server: Server; readonly secret: string }): void;
  disconnect(): void;
  use(handler: (request: SrfInboundRequest, response: SrfServerResponse) => void): void;
  /** `sent` is there exactly when there is no error. */
  request(
    uri: string,
    options: SrfRequestOptions,
    done: (error: (Error & { readonly code?: string }) | null, sent?: SrfSentRequest) => void,
  ): void;
}

export function newSrf(): SrfApp {
  return new (Srf as unknown as new () => SrfApp)();
}
