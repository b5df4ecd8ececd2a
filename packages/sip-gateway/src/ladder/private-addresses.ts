import { parseMessage, type SipMessage } from '@truetuple/sip-engine';
import type { CapturedDatagram } from './captured-datagram.ts';

/** An address in a message that nobody on the Internet can reach. */
export interface PrivateAddress {
  readonly address: string;
  /** `request line`, a header's name in lower case, an SDP line's such as `c=`, or `body`. */
  readonly where: string;
}

/** What does not count as a private address of ours. */
export interface PrivateAddressOptions {
  /** What the peer itself sent: the values that it is only told again are exempt. Default: nothing. */
  readonly echoed?: readonly Pick<CapturedDatagram, 'payload'>[];
}

/**
 * Private addresses anywhere in a SIP message, SDP included: RFC 1918, 100.64.0.0/10 (RFC 6598), 169.254.0.0/16 (RFC 3927) and
 * fc00::/7 (RFC 4193). Empty for what is no text, such as RTP.
 *
 * Exempt is an address that the peer wrote itself where it is echoed from: Via, From, To, Call-ID, Record-Route and the like
 * into the same header, Contact into the request line. A session description is never an echo.
 */
export function privateAddressesIn(
  { payload }: Pick<CapturedDatagram, 'payload'>,
  { echoed = [] }: PrivateAddressOptions = {},
): readonly PrivateAddress[] {
  const said = new Set<string>();
  for (const each of echoed) {
    for (const { where, text } of placesIn(each.payload)) {
      for (const address of addressesIn(text)) said.add(`${where} ${address}`);
    }
  }
  return placesIn(payload).flatMap(({ where, text }) =>
    addressesIn(text)
      .filter(isPrivateAddress)
      .filter((address) => !sourcesOf(where).some((source) => said.has(`${source} ${address}`)))
      .map((address) => ({ address, where })),
  );
}

/** Where a value that is told to the peer may come from in what the peer sent. */
function sourcesOf(where: string): readonly string[] {
  if (where === 'body' || where.endsWith('=')) return [];
  return [where, ...(echoes.get(where) ?? [])];
}

const echoes: ReadonlyMap<string, readonly string[]> = new Map([
  ['request line', ['contact', 'record-route']],
  ['from', ['to']],
  ['to', ['from', 'request line']],
  ['route', ['record-route', 'contact']],
]);

interface Place {
  readonly where: string;
  readonly text: string;
}

const decoder = new TextDecoder('utf-8');

function placesIn(payload: Uint8Array): readonly Place[] {
  if ((payload[0] ?? 0) >> 6 !== 1) return [];
  const parsed = parseMessage(payload);
  if (parsed.kind !== 'message') return [{ where: 'message', text: decoder.decode(payload) }];
  const { message } = parsed;
  return [
    ...(message.kind === 'request' ? [{ where: 'request line', text: message.requestUri }] : []),
    ...message.headers.map(({ key, value }) => ({ where: key, text: value })),
    ...bodyPlaces(message),
  ];
}

function bodyPlaces({ body }: SipMessage): readonly Place[] {
  if (body.length === 0) return [];
  return decoder
    .decode(body)
    .split(/[\r\n]+/u)
    .map((text) => ({ where: /^[a-z]=/u.exec(text)?.[0] ?? 'body', text }));
}

/** In the order of the text; what looks like an address. */
function addressesIn(text: string): readonly string[] {
  const ipv4 = text.match(/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.]*\d)/gu) ?? [];
  const ipv6 = text.match(/(?<![\p{L}\d:.])f[cd][\da-f]{2}:[\da-f:.]*/giu) ?? [];
  return [...ipv4, ...ipv6.filter(isIpv6).map((address) => address.toLowerCase())];
}

function isIpv6(text: string): boolean {
  return URL.canParse(`http://[${text}]/`);
}

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193. */
export function isPrivateAddress(address: string): boolean {
  if (address.includes(':')) return /^f[cd]/iu.test(address);
  const [a = 0, b = 0] = address.split('.').map(Number);
  return (
    a === 10 ||
    (a === 172 && b >= 16 && b <= 31) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b <= 127) ||
    (a === 169 && b === 254)
  );
}
