/** What went wrong. */
export type Failure =
  | { readonly kind: 'identity-lost'; readonly because: string }
  | { readonly kind: 'relay-failed'; readonly because: string }
  | { readonly kind: 'defect'; readonly error: unknown };

/** Why a gateway is to end. */
export type StopReason = Failure | { readonly kind: 'signal'; readonly name: string };

/** The wish that a process ends: once, and then with more haste. */
export class StopWish {
  readonly #first = new AbortController();
  readonly #second = new AbortController();
  #reason: StopReason | undefined;
  #failure: Failure | undefined;

  /** The first call says why; any further one, that it is to be quick. */
  stop(reason: StopReason): void {
    if (reason.kind !== 'signal') this.#failure ??= reason;
    if (this.#reason !== undefined) return this.#second.abort();
    this.#reason = reason;
    this.#first.abort();
    if (reason.kind === 'defect') this.#second.abort();
  }

  /** What failed first, be it while the process was ending as asked; undefined when nothing did. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** Aborted with the first wish. */
  get signal(): AbortSignal {
    return this.#first.signal;
  }

  /** Aborted with the second. */
  get hurry(): AbortSignal {
    return this.#second.signal;
  }

  async wished(): Promise<StopReason> {
    await aborted(this.signal);
    if (this.#reason === undefined) throw new Error('a wish without a reason');
    return this.#reason;
  }
}

/** Resolves when it is aborted. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
