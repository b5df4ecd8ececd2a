import { NetlinkError } from './errors.ts';
import type { Program } from './plan.ts';
import { carryOut } from './requests.ts';
import type { Requests } from './requests.ts';

/** One listing, ready to be sent. */
export interface DumpRequest<T> {
  readonly message: Uint8Array;
  readonly describe: () => string;
  /** Reads one message, or gives undefined for what was not asked for. */
  readonly decode: (type: number, view: DataView, start: number, end: number) => T | undefined;
}

const attempts = 10;
/** What another attempt cures: the table changed meanwhile; the receive buffer was small, and is larger now. */
const curable = new Set(['EINTERRUPTED', 'EMSGSIZE']);

/**
 * Lists: builds the request anew and starts with an empty list for each attempt, because the kernel
 * can say at the end that the table changed meanwhile.
 * @throws NetlinkError `EINTERRUPTED` when it changed during each of ten attempts; `partial` is what the
 * last one found.
 */
export function* listing<T>(request: () => DumpRequest<T>): Program<T[]> {
  for (let attempt = 1; ; attempt++) {
    const found: T[] = [];
    const { message, describe, decode } = request();
    try {
      yield {
        message,
        until: 'done',
        describe,
        onMessage: (type, view, start, end) => {
          const item = decode(type, view, start, end);
          if (item !== undefined) found.push(item);
        },
      };
      return found;
    } catch (error) {
      if (!NetlinkError.is(error) || !curable.has(error.code)) throw error;
      if (attempt === attempts)
        throw error.code === 'EINTERRUPTED' ? withPartial(error, found) : error;
    }
  }
}

/** As {@link listing}, carried out at once. */
export function dump<T>(requests: Requests, request: () => DumpRequest<T>): Promise<T[]> {
  return carryOut(requests, listing(request));
}

function withPartial(error: NetlinkError, partial: readonly unknown[]): NetlinkError {
  const { code, errno } = error;
  return new NetlinkError(error.message, { code, errno, partial, cause: error });
}
