import type { EngineContext } from './engine-context.ts';
import { headerValues } from './message/header-list.ts';
import { withObservedSource, withObservedSourceIn } from './message/observed-source.ts';
import { parseMessage } from './message/parse-message.ts';
import type { MessageLimits, Refused } from './message/parsed.ts';
import { responseToRefused } from './message/response-to.ts';
import { serialiseMessage } from './message/serialise-message.ts';
import { isOwnVia, parseVia, viaResponseDestination } from './message/via.ts';
import type { Transport } from './transport/transport.ts';
import type { Tuple } from './transport/tuple.ts';

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
): 'taken' | 'malformed' {
  const parsed = parseMessage(bytes, limits);
  switch (parsed.kind) {
    case 'keepalive':
      if (parsed.ping) transport.send(pong, source, () => undefined);
      return 'taken';
    case 'silence':
      return 'malformed';
    case 'refused':
      refuse(context, parsed, { bytes, source, local, transport });
      return 'malformed';
    case 'message': {
      const { message, essentials } = parsed;
      if (message.kind === 'request') {
        const stamped = withObservedSource(message, source);
        const inbound = { message: stamped, essentials, source, local, transport };
        context.transactions.receiveRequest(inbound);
      } else if (isOwnVia(essentials.via, [context.advertised(transport)])) {
        context.transactions.receiveResponse(message, essentials);
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
  const response = responseToRefused(stamped, context.token());
  const [top] = response === undefined ? [] : headerValues(response, 'via');
  const via = top === undefined ? undefined : parseVia(top);
  if (response === undefined || via === undefined) return;
  const destination = viaResponseDestination(via, arrival.source);
  arrival.transport.send(serialiseMessage(response), destination, () => undefined);
}
