import { parseNumber } from '../message/scan.ts';
import type { GuardedIdentity, GuardFinding, GuardRow } from './finding.ts';
import { isMediaHost, isNowhere } from './own-host.ts';

/** One m= section, or (0) what stands before the first one. */
interface Section {
  readonly index: number;
  /** Of m=; 0 is a stream that is closed or refused. */
  readonly port: number;
  connection: string | undefined;
}

/** What is known while the lines are read. */
interface Reading {
  readonly own: GuardedIdentity;
  readonly findings: GuardFinding[];
  /** A fragment (RFC 8840) need not say where its streams are. */
  readonly isFragment: boolean;
  sessionConnection: string | undefined;
  section: Section;
}

/** A carriage return within a line, where readers differ, and what no line may hold. */
// oxlint-disable-next-line no-control-regex
const betweenLines = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

/**
 * What a session description (RFC 8866) tells of addresses that are not ours. o= is not looked at: it names who wrote the
 * description, nobody sends anything there, and what it gives away is the writer's business.
 */
export function sessionFindings(
  text: string,
  own: GuardedIdentity,
  isFragment = false,
): readonly GuardFinding[] {
  const section: Section = { index: 0, port: 0, connection: undefined };
  const reading: Reading = { own, findings: [], isFragment, sessionConnection: undefined, section };
  if (betweenLines.test(text)) addUnreadable(reading, 'a control character in a line');
  let start = 0;
  while (start < text.length) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    if (tellsAddress(text, start)) readLine(reading, text.slice(start, end).trimEnd());
    start = end + 1;
  }
  closeSection(reading);
  return reading.findings;
}

/** False for the lines that most descriptions are made of: well-formed, and about something else. */
function tellsAddress(text: string, start: number): boolean {
  const type = text.charCodeAt(start);
  if (type < 0x61 || type > 0x7a || text.charCodeAt(start + 1) !== 0x3d) return true;
  if (type !== 0x61) return type === 0x6d || type === 0x63;
  const first = text.charCodeAt(start + 2) | 0x20;
  // a=c..., a=r..., a blank (of any kind) before the name
  return first === 0x63 || first === 0x72 || first < 0x30 || first > 0x7e;
}

function readLine(reading: Reading, line: string): void {
  if (line === '') return;
  const type = line.charCodeAt(0);
  // type=value with one lower case letter and no blank before "=" (RFC 8866 section 5)
  if (line.charCodeAt(1) !== 0x3d || type < 0x61 || type > 0x7a) addUnreadable(reading, line);
  else if (type === 0x6d) readMedia(reading, line);
  else if (type === 0x63) readConnection(reading, line);
  else readAttribute(reading, line);
}

/** m=audio 49170/2 RTP/AVP 0 */
function readMedia(reading: Reading, line: string): void {
  closeSection(reading);
  const words = line.slice(2).split(' ');
  const port = parseNumber(words[1]?.split('/')[0] ?? '', 65_535);
  if (port === undefined || words.length < 4 || words[0] === '') addUnreadable(reading, line);
  reading.section = {
    index: reading.section.index + 1,
    port: port ?? 0,
    connection: undefined,
  };
}

/** c=IN IP4 192.0.2.1, perhaps with a TTL after a slash */
function readConnection(reading: Reading, line: string): void {
  const { section } = reading;
  const host = addressIn(line.slice(2).split(' '), 0, 3);
  if (host === undefined) {
    addUnreadable(reading, line);
    return;
  }
  section.connection = host;
  if (section.index === 0) reading.sessionConnection = host;
  // nobody sends to a stream that is refused
  else if (section.port === 0) return;
  requireOwn(reading, 'sdp-connection', host, 'c=');
}

function readAttribute(reading: Reading, line: string): void {
  const name = attributeName(line);
  if (name !== 'rtcp' && name !== 'candidate') return;
  const words = line.slice(line.indexOf(':') + 1).split(' ');
  // written otherwise than the grammar says, such as "a=Rtcp :", some would read it and others not
  if (!line.startsWith(`a=${name}:`)) addUnreadable(reading, line);
  else if (name === 'rtcp') readRtcp(reading, words, line);
  else readCandidate(reading, words, line);
}

/** a=rtcp:53020 or a=rtcp:53020 IN IP4 192.0.2.1 (RFC 3605 2.1) */
function readRtcp(reading: Reading, words: readonly string[], line: string): void {
  const host = addressIn(words, 1, 4);
  const isBare = words.length === 1;
  if (parseNumber(words[0] ?? '', 65_535) === undefined || (host === undefined && !isBare)) {
    addUnreadable(reading, line);
  } else if (host !== undefined) requireOwn(reading, 'sdp-rtcp', host, 'a=rtcp');
}

/** foundation component transport priority address port "typ" type, then pairs such as "raddr" address */
function readCandidate(reading: Reading, words: readonly string[], line: string): void {
  const host = words[4];
  const isSound = words.length >= 8 && words[6] === 'typ' && !words.includes('');
  if (!isSound || host === undefined) {
    addUnreadable(reading, line);
    return;
  }
  requireOwn(reading, 'sdp-candidate', host, 'a=candidate');
  for (let at = 8; at < words.length; at += 1) {
    if (words[at]?.toLowerCase() !== 'raddr') continue;
    requireOwn(reading, 'sdp-candidate', words[at + 1] ?? '', 'raddr of a=candidate');
  }
}

/** The host of "IN IP4 host" at `from`, when the line has so many words. */
function addressIn(words: readonly string[], from: number, count: number): string | undefined {
  const family = words[from + 1];
  if (words.length !== count || words[from] !== 'IN' || (family !== 'IP4' && family !== 'IP6')) {
    return undefined;
  }
  const host = words[from + 2]?.split('/')[0] ?? '';
  if (host === '' || (host.includes(':') && family === 'IP4')) return undefined;
  return host;
}

/** The name of an attribute that has a value, however it is written. */
function attributeName(line: string): string | undefined {
  const colon = line.indexOf(':');
  if (colon < 0 || line.startsWith('rtpmap:', 2)) return undefined;
  const name = line.slice(2, colon).toLowerCase();
  return name === 'rtcp' || name === 'candidate' ? name : name.replaceAll(/[^!-~]/g, '');
}

/** The stream's own c=, or the session's, says where the stream is. */
function closeSection(reading: Reading): void {
  const { section, own, findings, isFragment } = reading;
  if (section.index === 0 || section.port === 0) return;
  const host = section.connection ?? reading.sessionConnection;
  if (host === undefined && isFragment) return;
  if (host !== undefined && (isNowhere(host) || isMediaHost(host, own))) return;
  const told = host === undefined ? 'no c=' : `${host} port ${section.port}`;
  const where = `m= of stream ${section.index}`;
  findings.push({ row: 'sdp-media', where, told, wanted: wantedHosts(own) });
}

function requireOwn(reading: Reading, row: GuardRow, host: string, what: string): void {
  const { own, findings, section } = reading;
  if (isNowhere(host) || isMediaHost(host, own)) return;
  const where = `${what} of ${section.index === 0 ? 'the session' : `stream ${section.index}`}`;
  findings.push({ row, where, told: host, wanted: wantedHosts(own) });
}

function addUnreadable({ findings, section }: Reading, told: string): void {
  const where = section.index === 0 ? 'the session' : `stream ${section.index}`;
  findings.push({ row: 'sdp-unreadable', where, told, wanted: 'a line as RFC 8866 writes it' });
}

function wantedHosts({ mediaHosts, advertised }: GuardedIdentity): string {
  return mediaHosts === 'any' ? advertised.host : mediaHosts.join(' or ');
}
