import { CoreError } from '../../errors.ts';
import type { Clock } from '../../identity/clock.ts';
import { isGoverned } from '../ec2/around-ec2.ts';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import type { CloudStepEvent } from '../identity-grant.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { meaningOf, translateEc2Error } from '../steps/translate-ec2-error.ts';
import type { OwnWrite } from './view.ts';

/** What one acquire, release or reap works with and remembers. */
export interface CloudSession {
  readonly ec2: Ec2Api;
  readonly clock: Clock;
  readonly onStep: ((event: CloudStepEvent) => void) | undefined;
  /** Ends reads and waits at once, and writes between two of them: never one in flight. */
  readonly signal: AbortSignal | undefined;
  /** Our answered writes, laid over every describe. */
  writes: OwnWrite[];
  /** Steps that took effect, or may have. */
  journal: CloudStep[];
  /** How many transient failures are still borne. */
  patience: number;
  failures: number;
  /** When what the latest look shows was asked for, by `Clock.elapsed`. */
  askedAtMs: number;
}

export const transientFailuresBorne = 24;

export function openSession(parts: {
  readonly ec2: Ec2Api;
  readonly clock: Clock;
  readonly onStep?: ((event: CloudStepEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}): CloudSession {
  const { ec2, clock, onStep, signal } = parts;
  const patience = transientFailuresBorne;
  return {
    ec2,
    clock,
    onStep,
    signal,
    writes: [],
    journal: [],
    patience,
    failures: 0,
    askedAtMs: 0,
  };
}

/** The same memory for undoing: it goes on when the caller has aborted, and it is patient anew. */
export function sessionForUndo(session: CloudSession): CloudSession {
  return { ...session, signal: undefined, patience: transientFailuresBorne, failures: 0 };
}

/** Makes a read, again after a transient failure. */
export async function readCloud<Answer>(
  session: CloudSession,
  tried: string,
  read: (call: { readonly signal?: AbortSignal }) => Promise<Answer>,
): Promise<Answer> {
  const call = session.signal === undefined ? {} : { signal: session.signal };
  for (;;) {
    try {
      return await read(call);
    } catch (error) {
      await bear(session, error, tried);
    }
  }
}

/**
 * Makes the reads of one look, all of them anew when one had to be tried again: a view must not mix what is with
 * what was before an outage.
 */
export async function readTogether<View>(
  session: CloudSession,
  read: () => Promise<View>,
): Promise<View> {
  for (;;) {
    const { patience } = session;
    session.askedAtMs = session.clock.elapsed();
    const view = await read();
    if (session.patience === patience) return view;
  }
}

/** Waits after a transient failure; throws the translated error when it is none, or patience is at its end. */
export async function bear(session: CloudSession, error: unknown, tried: string): Promise<void> {
  throwIfAborted(session, tried);
  if (!isTransient(session, error) || session.patience <= 0) throw translateEc2Error(error, tried);
  session.patience -= 1;
  await pause(session, tried);
}

/**
 * Throttling is borne too where nobody beneath does: who gives up and starts over costs EC2 far more calls
 * than who waits. A governor's Throttled is the end of its own tries, and is not tried again.
 */
function isTransient({ ec2 }: CloudSession, error: unknown): boolean {
  if (!Ec2CallError.is(error)) return false;
  const { retry, code } = meaningOf(error);
  return retry === 'now' || (code === 'Throttled' && !isGoverned(ec2));
}

/** A pause that grows with each failure: 50 ms, doubling, at most 5 s. */
export async function pause(session: CloudSession, tried: string): Promise<void> {
  const ms = Math.min(5000, 50 * 2 ** session.failures);
  session.failures += 1;
  await waitUntil(session, session.clock.elapsed() + ms, tried);
}

/** For looks at what may have been made a moment ago: pauses before the next one; false once they have gone on for so long, in milliseconds. */
export function lookingOn(
  session: CloudSession,
  tried: string,
  ms: number,
): () => Promise<boolean> {
  const untilMs = session.clock.elapsed() + ms;
  return async () => {
    if (session.clock.elapsed() >= untilMs) return false;
    await pause(session, tried);
    return true;
  };
}

/** Waits until a time by `Clock.elapsed`; at once when it has passed. */
export async function waitUntil(session: CloudSession, atMs: number, tried: string): Promise<void> {
  try {
    await session.clock.wait(Math.max(0, atMs - session.clock.elapsed()), session.signal);
  } catch (error) {
    throwIfAborted(session, tried);
    throw error;
  }
}

export function throwIfAborted(session: CloudSession, tried: string): void {
  if (session.signal?.aborted !== true) return;
  throw new CoreError({
    code: 'Aborted',
    message: `${tried} was aborted`,
    remedy: 'Call again; what this call had taken is given back.',
    retry: 'now',
    cause: session.signal.reason,
  });
}
