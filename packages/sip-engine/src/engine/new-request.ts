import { drawBelow, type EngineContext } from './context.ts';
import type { Way } from '../transport/send-path.ts';

/** Whether a request would come back to us: to a bound tuple, or to what the peer is told of us. */
export function isOurs({ transports }: EngineContext, { destination, path }: Way): boolean {
  const { host, port = 5060 } = path.advertised;
  const own = [{ address: host, port }, ...transports.map(({ localAddress }) => localAddress)];
  return own.some((each) => each.address === destination.address && each.port === destination.port);
}

/** The application's own sequence number (an INVITE again with credentials), or a random one below 2^31. */
export function sequenceOf(context: EngineContext, written: string | undefined): number {
  const number = Number(written?.trim().split(/\s+/)[0]);
  if (Number.isInteger(number) && number >= 0 && number < 2 ** 31) return number;
  return drawBelow(context, 1_000_000) + 1;
}
