import type { Exchange } from './exchange.ts';
import { NetlinkError } from './errors.ts';

/** Hands one message of an answer to whoever asked; an answer that cannot be read is `EBADMSG`. */
export function deliver(
  exchange: Exchange,
  type: number,
  view: DataView,
  start: number,
  end: number,
): NetlinkError | undefined {
  try {
    exchange.onMessage?.(type, view, start, end);
    return undefined;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    return new NetlinkError(`${exchange.describe()}: the answer could not be read: ${why}`, {
      code: 'EBADMSG',
      errno: 0,
      remedy: 'This kernel answers in a form unknown to this package: report both versions.',
      retry: 'never',
      cause,
    });
  }
}
