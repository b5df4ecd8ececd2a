import { createHash, timingSafeEqual } from 'node:crypto';
import type { CancelTimer, Clock } from '../transport/clock.ts';
import { readAppMessage, readAppText, type AppMessage } from './app-message.ts';
import { timeOfDay, writeEngineMessage, type EngineMessage } from './engine-message.ts';
import { frameLimitBytes, readFrames, readTextFrame } from './frame.ts';

/** The bytes of one connection to an application, over TCP or in memory. */
export interface AppLink {
  write(frame: Buffer): void;
  /** Ends it after what was written. */
  close(): void;
}

/** A request of an application that has shown the secret. */
export type AppCommand = Extract<AppMessage, { kind: 'sip' }>;

export interface AppHooks {
  readonly onAuthenticated: (app: AppConnection) => void;
  readonly onCommand: (app: AppConnection, command: AppCommand) => void;
  /** Once for each connection, whether it has shown the secret or not. */
  readonly onClosed: (app: AppConnection) => void;
  /** What authenticate is answered with: the addresses as told to peers, and as bound. */
  readonly hostports: () => { readonly told: readonly string[]; readonly bound: readonly string[] };
}

export interface AppSettings {
  readonly secret: string;
  readonly clock: Clock;
  /** How long a connection may stay without showing the secret. */
  readonly authenticationMs: number;
  /** True where every new request is meant for the application, with no `route` (drachtio's outbound mode). */
  readonly takesAll: boolean;
}

const nothing = new Uint8Array(0);

/** What fits into `authenticate`: before the secret nobody makes us keep more. */
const limitBeforeSecret = 2_048;

/**
 * One application at the other end of a connection. Until it has shown the secret nothing is done for it: the first
 * frame that is anything else ends the connection.
 */
export class AppConnection {
  readonly takesAll: boolean;
  readonly verbs: Set<string> = new Set<string>();
  readonly #link: AppLink;
  readonly #settings: AppSettings;
  readonly #hooks: AppHooks;
  #rest: Uint8Array = new Uint8Array(0);
  #isAuthenticated = false;
  #isClosed = false;
  #stopWaiting: CancelTimer;
  #told = 0;

  constructor(link: AppLink, settings: AppSettings, hooks: AppHooks) {
    this.#link = link;
    this.#settings = settings;
    this.#hooks = hooks;
    this.takesAll = settings.takesAll;
    this.#stopWaiting = settings.clock.setTimer(settings.authenticationMs, () => this.close());
  }

  /** It has shown the secret. */
  get isAuthenticated(): boolean {
    return this.#isAuthenticated;
  }

  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** The same as text. */
  receiveText(text: string): void {
    if (this.#isClosed) return;
    const payload = this.#rest.length === 0 ? readTextFrame(text, this.#limit) : undefined;
    if (payload === undefined) this.receive(Buffer.from(text, 'utf8'));
    else this.#handle(readAppText(payload));
  }

  /** Bytes as they come; a frame may arrive in pieces. */
  receive(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    const wasAuthenticated = this.#isAuthenticated;
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const reading = readFrames(all, this.#limit, wasAuthenticated ? Infinity : 1);
    if (reading.kind === 'broken') {
      this.close();
      return;
    }
    this.#rest = reading.rest;
    for (const frame of reading.frames) {
      if (!this.isOpen) return;
      this.#handle(readAppMessage(frame));
    }
    // the secret has just been shown: what came along with it may be longer
    if (wasAuthenticated !== this.#isAuthenticated) this.receive(nothing);
  }

  get #limit(): number {
    return this.#isAuthenticated ? frameLimitBytes : limitBeforeSecret;
  }

  tell(message: EngineMessage): void {
    if (this.#isClosed) return;
    const time = timeOfDay(this.#settings.clock.now());
    this.#told += 1;
    // nobody asks for a frame of ours by its id: it need only differ from the others of this connection
    this.#link.write(writeEngineMessage(message, String(this.#told), time));
  }

  /** Ends the connection from here. */
  close(): void {
    if (this.#isClosed) return;
    this.lost();
    this.#link.close();
  }

  /** The connection is gone. */
  lost(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopWaiting();
    this.#hooks.onClosed(this);
  }

  #handle(message: AppMessage): void {
    if (message.kind === 'authenticate') this.#authenticate(message);
    else if (!this.#isAuthenticated) {
      this.tell({ kind: 'forbidden', to: message.id, text: 'not authenticated' });
      this.close();
    } else this.#serve(message);
  }

  #authenticate(message: Extract<AppMessage, { kind: 'authenticate' }>): void {
    if (!isSameSecret(message.secret, this.#settings.secret)) {
      this.tell({ kind: 'forbidden', to: message.id, text: 'incorrect secret' });
      this.close();
      return;
    }
    const isFirst = !this.#isAuthenticated;
    this.#isAuthenticated = true;
    this.#stopWaiting();
    const { told, bound } = this.#hooks.hostports();
    const to = message.id;
    this.tell({ kind: 'authenticated', to, hostports: told, localHostports: bound });
    if (isFirst) this.#hooks.onAuthenticated(this);
  }

  #serve(message: Exclude<AppMessage, { kind: 'authenticate' }>): void {
    const to = message.id;
    switch (message.kind) {
      case 'route':
        this.verbs.add(message.verb.toUpperCase());
        this.tell({ kind: 'ok', to, text: undefined });
        break;
      case 'remove-route':
        this.verbs.delete(message.verb.toUpperCase());
        this.tell({ kind: 'ok', to, text: undefined });
        break;
      case 'ping':
        this.tell({ kind: 'ok', to, text: 'pong' });
        break;
      case 'sip':
        this.#hooks.onCommand(this, message);
        break;
      case 'unknown':
        this.tell({ kind: 'refused', to, text: message.reason });
        break;
      default:
        message satisfies never;
    }
  }
}

/** Compares in the same time whatever the first difference is. */
function isSameSecret(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
