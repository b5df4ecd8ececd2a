import type { EngineContext } from './context.ts';
import { countHops } from '../message/essentials.ts';
import { valuesOf } from '../message/header-list.ts';
import { withObservedSourceIn, withSourceInVia } from '../message/observed-source.ts';
import { parseMessage } from '../message/parse-message.ts';
import type { MessageLimits, Refused } from '../message/parsed.ts';
import { responseToRefused } from '../message/response-to.ts';
import { parseVia, viaResponseDestination } from '../message/via.ts';
import type { Transport } from '../transport/transport.ts';
import type { Tuple } from '../transport/tuple.ts';

interface Arrival {
  readonly bytes: Uint8Array;
  readonly source: Tuple;
  readonly local: Tuple;
  readonly transport: Transport;
}

/** RFC 5626 section 4.4.1: a pong for a ping. */
const pong = Buffer.from('\r\n', 'latin1');

/** Takes one datagram to the transaction that it belongs to (18.1.2, 18.2.1). */
export function receiveDatagram(
  context: EngineContext,
  { bytes, source, local, transport }: Arrival,
  limits: MessageLimits,
): 'taken' | 'malformed' | 'stranger' {
  const parsed = parseMessage(bytes, limits);
  switch (parsed.kind) {
    case 'keepalive':
      if (!context.acceptsFrom(source)) return 'stranger';
      if (parsed.ping)
        context.pathTo(source, transport)?.transport.send(pong, source, () => undefined);
      return 'taken';
    case 'silence':
      return 'malformed';
    case 'refused':
      if (!context.acceptsFrom(source)) return 'stranger';
      refuse(context, parsed, { bytes, source, local, transport });
      return 'malformed';
    case 'message': {
      const { message, essentials, verbatim } = parsed;
      if (message.kind === 'response') {
        // 8.1.3.3: one that would go on to somebody is not for a user agent
        if (countHops(message.headers).vias > 1) return 'malformed';
        const { status } = message;
        context.transactions.receiveResponse({ status, response: message, essentials, verbatim });
      } else {
        const destination = viaResponseDestination(essentials.via, source);
        // the path, not the socket that it came to: a peer sees us where it was told that we are
        const path = context.pathTo(destination, transport);
        // no answer could go there, so nothing is begun
        if (path === undefined) return 'malformed';
        const stamped = withSourceInVia(message, source, essentials.via);
        const back = { destination, path };
        const as = { source, local, back, verbatim: stamped === message ? verbatim : undefined };
        context.transactions.receiveRequest({ message: stamped, essentials, ...as });
      }
      return 'taken';
    }
    default:
      return parsed satisfies never;
  }
}

/** A request that cannot be read is answered where that is possible, and forgotten. */
function refuse(context: EngineContext, refused: Refused, arrival: Arrival): void {
  const { answerHeaders } = refused;
  if (answerHeaders === undefined) return;
  const stamped: Refused = {
    kind: 'refused',
    status: refused.status,
    code: refused.code,
    reason: refused.reason,
    method: refused.method,
    answerHeaders: withObservedSourceIn(answerHeaders, arrival.source),
  };
  const response = responseToRefused(stamped, context.transactions.tagFor(answerHeaders));
  const [top] = response === undefined ? [] : valuesOf(response, 'via');
  const via = top === undefined ? undefined : parseVia(top);
  if (response === undefined || via === undefined) return;
  const destination = viaResponseDestination(via, arrival.source);
  const path = context.pathTo(destination, arrival.transport);
  if (path === undefined) return;
  const clearance = context.gate.clear(response, { destination, path });
  if (clearance.kind === 'cleared') context.gate.send(clearance.cleared, () => undefined);
}
