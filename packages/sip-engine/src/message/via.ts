import type { Tuple } from '../transport/tuple.ts';
import { type HostPort, hostPortText, readHostPort } from './host-port.ts';
import { isSameHost } from './ip-literal.ts';
import {
  findParameter,
  type Parameter,
  parameterValue,
  parametersText,
  parseParameters,
} from './parameter.ts';
import { skipBlank, tokenEnd } from './scan.ts';

/** RFC 3261 20.42: one Via value. */
export interface Via {
  /** As written, such as "UDP". */
  readonly transport: string;
  readonly sentBy: HostPort;
  readonly parameters: readonly Parameter[];
}

/** Reads one value; undefined when it is none, or one of another protocol than SIP/2.0. */
export function parseVia(text: string): Via | undefined {
  const name = readPart(text, 0, 'sip');
  if (name < 0 || text.charCodeAt(name) !== 0x2f) return undefined;
  const version = readPart(text, skipBlank(text, name + 1), '2.0');
  if (version < 0 || text.charCodeAt(version) !== 0x2f) return undefined;
  const start = skipBlank(text, version + 1);
  const end = tokenEnd(text, start);
  const sentByStart = skipBlank(text, end);
  if (end === start || sentByStart === end) return undefined;
  const read = readHostPort(text, sentByStart, true);
  if (read === undefined) return undefined;
  const { host, port } = read;
  const parameters = parseParameters(text, read.end);
  if (parameters === undefined) return undefined;
  return { transport: text.slice(start, end), sentBy: { host, port }, parameters };
}

/** Past `part` and the blanks after it, or -1. */
function readPart(text: string, from: number, part: string): number {
  const end = from + part.length;
  const written = text.slice(from, end);
  return written === part || written.toLowerCase() === part ? skipBlank(text, end) : -1;
}

/** The value of a Via header field (RFC 3261 20.42). */
export function viaText({ transport, sentBy, parameters }: Via): string {
  return `SIP/2.0/${transport} ${hostPortText(sentBy)}${parametersText(parameters)}`;
}

/** The branch of a Via, which names its transaction (RFC 3261 8.1.1.7); undefined in one of RFC 2543. */
export function viaBranch(via: Via): string | undefined {
  return parameterValue(via.parameters, 'branch');
}

/** The address only; brackets of an IPv6 reference taken away (RFC 5118 4.5 shows both spellings). */
export function viaReceived(via: Via): string | undefined {
  const value = parameterValue(via.parameters, 'received');
  return value?.startsWith('[') === true && value.endsWith(']') ? value.slice(1, -1) : value;
}

/**
 * True when a response with this topmost Via is for one of us (RFC 3261 18.1.2). An absent port is the default one of
 * the transport: 5060 for udp and tcp, 5061 for tls.
 */
export function isOwnVia(via: Via, ours: readonly HostPort[]): boolean {
  const usual = via.transport.toLowerCase() === 'tls' ? 5061 : 5060;
  const port = via.sentBy.port ?? usual;
  return ours.some((own) => (own.port ?? usual) === port && isSameHost(own.host, via.sentBy.host));
}

/**
 * Where the response to a request with this topmost Via goes over an unreliable transport, given the tuple the request
 * came from (RFC 3261 18.2.2, RFC 3581 4). The address is always the source: `received` says that address wherever
 * sent-by does not. `maddr` is not followed: it would let anyone aim our responses at a third party.
 */
export function viaResponseDestination(via: Via, source: Tuple): Tuple {
  const asksPort = findParameter(via.parameters, 'rport') !== undefined;
  return { address: source.address, port: asksPort ? source.port : (via.sentBy.port ?? 5060) };
}
