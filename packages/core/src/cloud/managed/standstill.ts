import { CoreError, type CoreErrorCode } from '../../errors.ts';
import { soonMs } from './claim-work.ts';
import { isOfOneAddress, stopsAll } from './stops-all.ts';

const ofCredentials: readonly CoreErrorCode[] = ['CredentialsMissing', 'CredentialsRefused'];

/** A trouble as it concerns a claim: credentials are the controller's, and may be had, or accepted, in a moment. */
export function concerning(trouble: CoreError): CoreError {
  return ofCredentials.includes(trouble.code) ? asLater(trouble) : trouble;
}

function asLater(trouble: CoreError): CoreError {
  const { code, message, remedy, cause } = trouble;
  return new CoreError({ code, message, remedy, retry: 'later', cause });
}

/** While one trouble stops all claims none is led on: each is told of it, and waits. */
export class Standstill {
  readonly #intervalMs: number;
  #now: { readonly error: CoreError; readonly untilMs: number } | undefined;
  /** How long the next one is; longer after each that nothing went well after. */
  #nextMs = soonMs;

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  /** When it ends, by `elapsed`; undefined while there is none. */
  get untilMs(): number | undefined {
    return this.#now?.untilMs;
  }

  /** What stops all at that time. */
  at(nowMs: number): CoreError | undefined {
    if (this.#now !== undefined && nowMs >= this.#now.untilMs) this.#now = undefined;
    return this.#now?.error;
  }

  /** True for a trouble that begins one. */
  begins(trouble: CoreError, nowMs: number): boolean {
    const isForAll = stopsAll.includes(trouble.code) && !isOfOneAddress(trouble.cause);
    if (!isForAll || this.#now !== undefined) return false;
    const isShort = ofCredentials.includes(trouble.code);
    const ms = isShort ? Math.min(this.#nextMs, this.#intervalMs) : this.#intervalMs;
    if (isShort) this.#nextMs = 2 * ms;
    this.#now = { error: asLater(trouble), untilMs: nowMs + ms };
    return true;
  }

  /** A claim was carried out. */
  wentWell(): void {
    this.#nextMs = soonMs;
  }
}
