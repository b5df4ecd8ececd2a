import type { Endpoint } from '../../verify/datagram-port.ts';
import { decodeStun, encodeStun } from '../../verify/stun/stun-codec.ts';
import { attributeOf, type StunMessage } from '../../verify/stun/stun-message.ts';

/** A STUN server of a FakeInternet, with the alternate address of RFC 5780 if it has one. */
export interface FakeStunServer {
  readonly at: Endpoint;
  readonly other?: Endpoint;
  /** Requests it does not answer before it answers the next; Infinity: it never answers. */
  readonly ignores?: number;
  /** Changes what it would say; undefined says nothing. */
  readonly says?: (answer: StunMessage, request: StunMessage) => StunMessage | undefined;
  /** Where the answer to a CHANGE-REQUEST really comes from; default `other`. */
  readonly changedFrom?: Endpoint;
  /** Told of each request. */
  readonly onRequest?: (request: StunMessage, from: Endpoint) => void;
}

interface Reply {
  readonly answer: Uint8Array;
  readonly from: Endpoint;
}

const ignored = new WeakMap<FakeStunServer, number>();

/** What a server sends for what arrived: RFC 8489 section 6.3.1, RFC 5780 section 6. */
export function answerBinding(server: FakeStunServer, bytes: Uint8Array, seen: Endpoint): Reply[] {
  const decoded = decodeStun(bytes);
  if (decoded.kind !== 'message' || decoded.message.class !== 'request') return [];
  const request = decoded.message;
  server.onRequest?.(request, seen);
  const count = ignored.get(server) ?? 0;
  ignored.set(server, count + 1);
  if (count < (server.ignores ?? 0)) return [];
  const isToChange = attributeOf(request, 'change-request')?.changeAddress === true;
  const origin = isToChange ? server.other : server.at;
  const answer =
    origin === undefined ? refusal(request) : binding(request, { server, seen, origin });
  const said = server.says === undefined ? answer : server.says(answer, request);
  if (said === undefined) return [];
  const from = isToChange ? (server.changedFrom ?? origin ?? server.at) : server.at;
  return [{ answer: encodeStun(said), from }];
}

function binding(
  { method, transactionId }: StunMessage,
  {
    server,
    seen,
    origin,
  }: { readonly server: FakeStunServer; readonly seen: Endpoint; readonly origin: Endpoint },
): StunMessage {
  const { other } = server;
  return {
    class: 'success',
    method,
    transactionId,
    attributes: [
      { kind: 'xor-mapped-address', at: seen },
      { kind: 'mapped-address', at: seen },
      { kind: 'response-origin', at: origin },
      ...(other === undefined ? [] : [{ kind: 'other-address', at: other } as const]),
    ],
  };
}

/** A server with one address does not understand CHANGE-REQUEST. */
function refusal({ method, transactionId }: StunMessage): StunMessage {
  return {
    class: 'error',
    method,
    transactionId,
    attributes: [
      { kind: 'error-code', code: 420, reason: 'Unknown Attribute' },
      { kind: 'unknown-attributes', types: [0x0003] },
    ],
  };
}
