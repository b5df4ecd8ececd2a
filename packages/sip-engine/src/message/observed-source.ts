import type { Tuple } from '../transport/tuple.ts';
import { isSameHost } from './ip-literal.ts';
import type { HeaderField, SipRequest } from './message.ts';
import { findParameter, withoutParameter, withParameter } from './parameter.ts';
import { valueEnd } from './scan.ts';
import { parseVia, type Via, viaText } from './via.ts';

/**
 * What a server does to the topmost Via on arrival: `received` when sent-by is not the source address (RFC 3261
 * 18.2.1), `received` and `rport` when the client asked for them (RFC 3581 4). What a client wrote into either of them
 * itself is thrown away: only the socket knows. A request without a readable Via comes back as it is.
 */
export function withObservedSource(request: SipRequest, source: Tuple): SipRequest {
  return stamped(request, source, undefined);
}

/** The same for a request whose topmost Via has been read. */
export function withSourceInVia(request: SipRequest, source: Tuple, via: Via): SipRequest {
  return stamped(request, source, via);
}

function stamped(request: SipRequest, source: Tuple, via: Via | undefined): SipRequest {
  const index = request.headers.findIndex(({ key }) => key === 'via');
  const field = request.headers[index];
  if (field === undefined) return request;
  const value = stampedValue(field.value, source, via);
  if (value === undefined || value === field.value) return request;
  return { ...request, headers: request.headers.with(index, { ...field, value }) };
}

/** The same for the header fields of a refused request. */
export function withObservedSourceIn(
  headers: readonly HeaderField[],
  source: Tuple,
): readonly HeaderField[] {
  const index = headers.findIndex(({ key }) => key === 'via');
  const field = headers[index];
  const value = field === undefined ? undefined : stampedValue(field.value, source);
  return field === undefined || value === undefined
    ? headers
    : headers.with(index, { ...field, value });
}

function stampedValue(text: string, source: Tuple, read?: Via): string | undefined {
  const end = valueEnd(text, 0);
  const via = read ?? parseVia(text.slice(0, end).trimEnd());
  if (via === undefined) return undefined;
  const asksPort = findParameter(via.parameters, 'rport') !== undefined;
  const asksAddress = asksPort || !isSameHost(via.sentBy.host, source.address);
  if (!asksAddress && findParameter(via.parameters, 'received') === undefined) return text;
  let parameters = withoutParameter(via.parameters, 'received');
  if (asksPort) parameters = withParameter(parameters, 'rport', String(source.port));
  if (asksAddress) {
    parameters = withParameter(parameters, 'received', source.address);
  }
  return `${viaText({ ...via, parameters })}${text.slice(end)}`;
}
