import type { Server, Socket } from 'node:net';
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
  /** An UPDATE before the final response. With no listener drachtio-srf answers it by itself. */
  on(event: 'update', listener: AnswerRequest): void;
}

export type AnswerRequest = (request: SrfInboundRequest, response: SrfServerResponse) => void;

export interface SrfOutgoing {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface SrfServerResponse {
  /** By name in small letters: what every response to this request says, To with its tag included. */
  readonly headers: Record<string, string>;
  /** The connection that it leaves by; another one once that is gone. */
  socket: Socket;
  /**
   * Throws for a status that drachtio-srf does not know. `done` gets a text when the SIP server refused it, and is never
   * called when the connection is lost first.
   */
  send(status: number, options?: SrfOutgoing, done?: (refusal: unknown) => void): void;
}

export interface SrfClientResponse extends SrfMessage {
  readonly status: number;
  readonly stackDialogId: string | undefined;
}

/** Sends the ACK of a 2xx. */
export type SrfAck = (options?: SrfOutgoing) => void;

export interface SrfSentRequest extends SrfMessage {
  socket: Socket;
  on(event: 'response', listener: (response: SrfClientResponse, ack: SrfAck) => void): void;
  /** An UPDATE of the callee before its final response. With no listener nobody answers it. */
  on(event: 'update', listener: AnswerRequest): void;
  cancel(done: (error: Error | null) => void): void;
}

/** `method`, and in a dialog its name; what is left out is the SIP server's to fill in. */
export interface SrfRequestOptions extends SrfOutgoing {
  readonly method: string;
  readonly stackDialogId?: string;
  /** A SIP URI that is the next hop instead of the Request-URI's host. */
  readonly proxy?: string;
}

export type SrfSent = (
  error: (Error & { readonly code?: string }) | null,
  sent?: SrfSentRequest,
) => void;

export interface SrfApp {
  listen(options: { readonly server: Server; readonly secret: string }): void;
  use(handler: AnswerRequest): void;
  /** After the secret was taken or refused; `hostports` is what the SIP server tells peers: "udp/1.2.3.4:5060,...". */
  on(event: 'connect', listener: (error: Error | null, hostports?: string) => void): void;
  on(event: 'error', listener: (error: Error) => void): void;
  /** `sent` is there exactly when there is no error. Throws with no connection; `done` is never called when it is lost. */
  request(uri: string, options: SrfRequestOptions, done: SrfSent): void;
}

export function newSrf(): SrfApp {
  return new (Srf as unknown as new () => SrfApp)();
}
