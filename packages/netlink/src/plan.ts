import type { NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';

/**
 * What a verb comes to, before anybody carries it out: requests, one after the other, and a value at the
 * end. The same plan runs asynchronously, synchronously or in a batch; within another plan it is
 * `yield* plan`.
 */
export interface Plan<T> {
  [Symbol.iterator](): Iterator<Exchange, T, void>;
}

/**
 * A plan of several requests where the later ones depend on the earlier ones' answers. Each message is
 * encoded when it is yielded, not before: verbs share a writer, and what it wrote is valid until it writes
 * again.
 */
export type Program<T> = Generator<Exchange, T, void>;

/** A plan of one request: what can share a send with others, and does in a batch. */
export interface Command<T> extends Plan<T> {
  readonly exchange: Exchange;
  /** The value, once it was answered. Throws the refusal unless it is as good as done. */
  readonly conclude: (refusal: NetlinkError | undefined) => T;
}

/** What a verb returns: to who awaits, to who blocks, to who composes, to who collects a batch. */
export interface Answers<T> {
  readonly async: Promise<T>;
  readonly sync: T;
  readonly plan: Plan<T>;
  /** Its place among the batch's results. */
  readonly batch: number;
}

/** The faces that one definition of a verb has. */
export type Face = keyof Answers<unknown>;

/** What a verb of a face returns: `Answer<'async', Route[]>` is a promise of routes. */
export type Answer<F extends Face, T> = Answers<T>[F];

/** One request that is done, or refused. */
export function command(exchange: Exchange): Command<void> {
  return new OneRequest(exchange, throwRefusal);
}

/** One request whose outcome `conclude` turns into a value. */
export function concluded<T>(exchange: Exchange, conclude: Command<T>['conclude']): Command<T> {
  return new OneRequest(exchange, conclude);
}

/** Whether the plan is one request. */
export function isCommand<T>(plan: Plan<T>): plan is Command<T> {
  return plan instanceof OneRequest;
}

class OneRequest<T> implements Command<T> {
  readonly exchange: Exchange;
  readonly conclude: Command<T>['conclude'];

  constructor(exchange: Exchange, conclude: Command<T>['conclude']) {
    this.exchange = exchange;
    this.conclude = conclude;
  }

  *[Symbol.iterator](): Program<T> {
    let refusal: NetlinkError | undefined;
    try {
      yield this.exchange;
    } catch (error) {
      refusal = error as NetlinkError;
    }
    return this.conclude(refusal);
  }
}

function throwRefusal(refusal: NetlinkError | undefined): void {
  if (refusal !== undefined) throw refusal;
}
