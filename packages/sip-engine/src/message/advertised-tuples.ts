import { readHostPort } from './host-port.ts';
import { valueOf } from './header-list.ts';
import type { HeaderField, SipMessage } from './message.ts';
import { bodyParts, boundaryOf } from './multipart.ts';
import { parseNameAddr } from './name-addr.ts';
import { splitValues } from './scan.ts';
import { isSdp, sdpTuples, type SdpTupleKind } from './sdp-tuples.ts';
import { parseVia } from './via.ts';

/** The header field that an address stands in. */
export type HeaderTupleKind = 'via' | 'contact' | 'record-route' | 'from' | 'to' | 'call-id';

/** One address that a message tells its reader. */
export interface AdvertisedTuple {
  readonly kind: HeaderTupleKind | SdpTupleKind;
  /** A name, an IPv4 address, or an IPv6 address without its brackets; as written. */
  readonly host: string;
  /** undefined when none is written, and for what has none (Call-ID, c=, o=). */
  readonly port: number | undefined;
  /** From 0, among those of this kind: the topmost Via is `via` 0. */
  readonly position: number;
  /** What it was read from, to show to a person. */
  readonly text: string;
}

const decoder = new TextDecoder('utf-8');

const headerKinds: ReadonlySet<string> = new Set<HeaderTupleKind>([
  'via',
  'contact',
  'record-route',
  'from',
  'to',
  'call-id',
]);

/**
 * Every address that a message tells: Via sent-by, Contact, Record-Route, From, To, Call-ID, and the SDP body's o=, c=,
 * m= (with the address that holds for it), a=rtcp and a=candidate. Nothing is left out because it looks harmless; who asks knows
 * which ones are a peer's own and which ports of 0 or addresses of 0.0.0.0 are none. Values that cannot be read are left out.
 */
export function advertisedTuples(message: SipMessage): readonly AdvertisedTuple[] {
  const tuples: AdvertisedTuple[] = [];
  const positions = new Map<string, number>();
  const add = (found: Omit<AdvertisedTuple, 'position'>): void => {
    const { kind, host, port, text } = found;
    const position = positions.get(kind) ?? 0;
    positions.set(kind, position + 1);
    tuples.push({ kind, host, port, position, text });
  };
  for (const field of message.headers) {
    if (isHeaderKind(field.key)) for (const found of headerTuples(field.key, field)) add(found);
  }
  for (const text of sessionDescriptions(message)) for (const found of sdpTuples(text)) add(found);
  return tuples;
}

/** The body, or the parts of it, that are SDP; a part within a part is not looked into. */
function sessionDescriptions(message: SipMessage): readonly string[] {
  const type = valueOf(message, 'content-type') ?? '';
  const boundary = boundaryOf(type);
  if (boundary === undefined && !isSdp(type)) return [];
  const text = decoder.decode(message.body);
  if (boundary === undefined) return [text];
  return bodyParts(text, boundary)
    .filter(({ contentType = 'text/plain' }) => isSdp(contentType))
    .map((part) => part.text);
}

function isHeaderKind(key: string): key is HeaderTupleKind {
  return headerKinds.has(key);
}

function headerTuples(
  kind: HeaderTupleKind,
  field: HeaderField,
): readonly Omit<AdvertisedTuple, 'position'>[] {
  const texts = kind === 'call-id' ? [field.value] : splitValues(field.value);
  return texts.flatMap((text) => {
    const read = hostOf(kind, text);
    return read === undefined ? [] : [{ kind, host: read.host, port: read.port, text }];
  });
}

interface Told {
  readonly host: string;
  readonly port: number | undefined;
}

function hostOf(kind: HeaderTupleKind, text: string): Told | undefined {
  if (kind === 'via') return parseVia(text)?.sentBy;
  if (kind === 'call-id') return callIdHost(text);
  const uri = parseNameAddr(text)?.uri;
  return uri?.kind === 'sip' ? { host: uri.host, port: uri.port } : undefined;
}

/** What follows "@", where RFC 3261 8.1.1.4 lets a host stand. */
function callIdHost(text: string): Told | undefined {
  const at = text.lastIndexOf('@');
  if (at < 0) return undefined;
  const read = readHostPort(text, at + 1, false);
  // a colon after the name may also be a bare IPv6 address
  return read === undefined || read.end !== text.length
    ? { host: text.slice(at + 1), port: undefined }
    : { host: read.host, port: read.port };
}
