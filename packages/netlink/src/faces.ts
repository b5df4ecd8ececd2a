import type { BatchResult } from './batch-steps.ts';
import type { Connection } from './connection.ts';
import type { CallOptions } from './limit.ts';
import type { Plan } from './plan.ts';

/** A verb as it is defined. */
type Verb = (...values: readonly unknown[]) => Plan<unknown>;

/** Carries out what a verb plans for these values; what it gives is what the face's verb returns. */
type Carrier = (verb: Verb, values: readonly unknown[]) => unknown;

/** The verbs of every group, `{ rules: { add, remove, ... }, ... }`, with another face. */
function faceOf(plans: object, carry: Carrier): object {
  const groups = Object.entries(plans).map(([name, verbs]) => [
    name,
    faceOfGroup(verbs as Readonly<Record<string, Verb>>, carry),
  ]);
  return Object.fromEntries(groups) as object;
}

/** What is beside the verbs of every kind of netlink. */
export interface Faced<Async, Sync, Batch> {
  /**
   * The same verbs, over a socket of their own, each of which returns when it is done: nothing else runs
   * meanwhile. They do not wait for what was asked of the others and is not done yet.
   */
  readonly sync: Sync & { batch(fill: (batch: Batch) => void): BatchResult[] };
  /** The same verbs, within limits: `netlink.within({ signal, deadlineMs: 500 }).rules.list()`. */
  within(options: CallOptions): Async;
  /**
   * Carries out what `fill` calls on its argument, in order, in as few sends as hold it. The results are in
   * the same order; a failed operation does not stop those after it. What `fill` throws is thrown, and
   * then nothing is sent.
   */
  batch(fill: (batch: Batch) => void, options?: CallOptions): Promise<BatchResult[]>;
}

/** All faces of planned verbs over a connection. */
export function facesOf<Async, Sync, Batch>(
  plans: object,
  connection: Connection,
): Async & Faced<Async, Sync, Batch> {
  const within = (options?: CallOptions): Async =>
    faceOf(plans, (verb, values) => {
      try {
        return connection.perform(verb(...values), options);
      } catch (refusedValue) {
        return Promise.reject(refusedValue);
      }
    }) as Async;
  const collect =
    (fill: (batch: Batch) => void) =>
    (add: (plan: Plan<unknown>) => number): void => {
      fill(faceOf(plans, (verb, values) => add(verb(...values))) as Batch);
    };
  const sync = {
    ...faceOf(plans, (verb, values) => connection.sync.perform(verb(...values))),
    batch: (fill: (batch: Batch) => void) => connection.sync.batch(collect(fill)),
  };
  return {
    ...(within() as Async & object),
    sync: sync as Faced<Async, Sync, Batch>['sync'],
    within,
    batch: (fill, options) => connection.batch(collect(fill), options),
  };
}

function faceOfGroup(verbs: Readonly<Record<string, Verb>>, carry: Carrier): object {
  const faced = Object.entries(verbs).map(([name, verb]) => [
    name,
    (...values: readonly unknown[]) => carry(verb, values),
  ]);
  return Object.fromEntries(faced) as object;
}
