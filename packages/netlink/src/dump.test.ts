import { describe, expect, it } from 'vitest';
import type { Exchange } from './exchange.ts';
import { dump } from './dump.ts';
import type { DumpRequest } from './dump.ts';
import { errorFromErrno, NetlinkError } from './errors.ts';
import type { Requests } from './requests.ts';

const interrupted = new NetlinkError('listing', { code: 'EINTERRUPTED', errno: 0 });
const view = new DataView(new ArrayBuffer(0));

/** Answers each attempt with two items, and fails it with the error given for it, if any. */
class Attempts implements Requests {
  made = 0;
  readonly #outcome: (attempt: number) => Error | undefined;

  constructor(outcome: (attempt: number) => Error | undefined) {
    this.#outcome = outcome;
  }

  async run(exchange: Exchange): Promise<void> {
    this.made++;
    exchange.onMessage?.(this.made, view, 0, 0);
    exchange.onMessage?.(0, view, 0, 0);
    exchange.onMessage?.(this.made, view, 0, 0);
    const error = this.#outcome(this.made);
    if (error !== undefined) throw error;
  }
}

const request = (): DumpRequest<number> => ({
  message: new Uint8Array(16),
  describe: () => 'listing',
  decode: (type) => (type === 0 ? undefined : type),
});

describe('a listing', () => {
  it('starts anew, with nothing kept, when the table changed meanwhile', async () => {
    const attempts = new Attempts((attempt) => (attempt < 4 ? interrupted : undefined));
    expect(await dump(attempts, request)).toEqual([4, 4]);
  });

  it('gives up after ten attempts, and tells what the last one found', async () => {
    const attempts = new Attempts(() => interrupted);
    await expect(dump(attempts, request)).rejects.toMatchObject({
      code: 'EINTERRUPTED',
      cause: interrupted,
      partial: [10, 10],
    });
    expect(attempts.made).toBe(10);
  });

  it('starts anew when an answer was cut: the buffer is larger then', async () => {
    const cut = errorFromErrno('listing', 90);
    const attempts = new Attempts((attempt) => (attempt === 1 ? cut : undefined));
    expect(await dump(attempts, request)).toEqual([2, 2]);
  });

  it('is not tried again for any other reason', async () => {
    const error = errorFromErrno('listing', 1);
    const attempts = new Attempts(() => error);
    await expect(dump(attempts, request)).rejects.toBe(error);
    expect(attempts.made).toBe(1);
  });
});
