import { NetlinkError } from './errors.ts';
import type { Requests } from './requests.ts';

/** One listing, ready to be sent. */
export interface DumpRequest<T> {
  readonly message: Uint8Array;
  readonly describe: () => string;
  /** Reads one message, or gives undefined for what was not asked for. */
  readonly decode: (type: number, view: DataView, start: number, end: number) => T | undefined;
}

const attempts = 10;

/**
 * Lists: builds the request anew and starts with an empty list for each attempt, because the kernel
 * can say at the end that the table changed meanwhile.
 * @throws NetlinkError `EINTERRUPTED` when it changed during each of ten attempts.
 */
export async function dump<T>(requests: Requests, request: () => DumpRequest<T>): Promise<T[]> {
  for (let attempt = 1; ; attempt++) {
    const found: T[] = [];
    const { message, describe, decode } = request();
    try {
      await requests.run({
        message,
        until: 'done',
        describe,
        onMessage: (type, view, start, end) => {
          const item = decode(type, view, start, end);
          if (item !== undefined) found.push(item);
        },
      });
      return found;
    } catch (error) {
      const interrupted = NetlinkError.is(error) && error.code === 'EINTERRUPTED';
      if (!interrupted || attempt === attempts) throw error;
    }
  }
}
