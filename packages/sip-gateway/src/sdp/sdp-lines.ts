import { GatewayError } from '../errors.ts';

/** What we read at most. A longer description is refused, never cut. */
export interface SdpLimits {
  /** UTF-16 code units of the whole text. */
  readonly text: number;
  /** Code units of one line. */
  readonly line: number;
  readonly lines: number;
  /** m= lines. */
  readonly streams: number;
}

/** The limits of a session description, in characters, lines and streams, where no others are given. */
export const sdpLimits: SdpLimits = { text: 16_384, line: 2048, lines: 400, streams: 8 };

/** NUL and the other C0 controls but TAB, and DEL: no line of RFC 8866 holds one. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f]/;

/**
 * The lines of a session description (RFC 8866, section 5), checked for what the parser behind it would
 * swallow in silence: limits, shape, and how often each type of line may stand.
 *
 * @throws GatewayError SdpInvalid or SdpNotRelayable
 */
export function checkedLines(text: string, limits: SdpLimits = sdpLimits): readonly string[] {
  if (text.length > limits.text) throw tooLarge(`${text.length} characters`, limits.text);
  const lines = text.replace(/(?:\r?\n)+$/, '').split(/\r?\n/);
  if (lines.length > limits.lines) throw tooLarge(`${lines.length} lines`, limits.lines);
  for (const [at, line] of lines.entries()) checkLine(line, at, limits);
  if (lines[0] !== 'v=0') throw invalidSdp('it does not start with v=0');
  checkCounts(lines, limits);
  return lines;
}

function checkLine(line: string, at: number, limits: SdpLimits): void {
  if (line.length > limits.line) throw tooLarge(`a line of ${line.length}`, limits.line);
  if (control.test(line)) throw invalidSdp(`line ${at + 1} holds a control character`);
  if (!/^[a-z]=/.test(line)) throw invalidSdp(`line ${at + 1} is not of the form x=value`);
}

function checkCounts(lines: readonly string[], limits: SdpLimits): void {
  const sections = lines.join('\n').split('\nm=');
  if (sections.length - 1 > limits.streams) {
    throw tooLarge(`${sections.length - 1} m= lines`, limits.streams);
  }
  for (const [at, section] of sections.entries()) {
    const where = at === 0 ? 'the session part' : `m= line ${at}`;
    if (count(section, 'c') > 1) {
      throw notRelayableSdp(`${where} has several c= lines, which only layered multicast needs`);
    }
  }
  const session = sections[0] ?? '';
  if (count(session, 'o') !== 1) throw invalidSdp('it does not hold exactly one o= line');
  if (count(session, 'v') !== 1) throw invalidSdp('it holds more than one v= line');
}

function count(section: string, type: string): number {
  return section.split('\n').filter((line) => line.startsWith(`${type}=`)).length;
}

function tooLarge(what: string, limit: number): GatewayError {
  return invalidSdp(`it has ${what}, and ${limit} is the most we read`);
}

export function invalidSdp(because: string, cause?: unknown): GatewayError {
  return new GatewayError({
    code: 'SdpInvalid',
    message: `A session description was refused: ${because}.`,
    remedy: 'Look at the SDP that the peer sent; RFC 8866 says what it must hold.',
    retry: 'never',
    ...(cause === undefined ? {} : { cause }),
  });
}

export function notRelayableSdp(because: string): GatewayError {
  return new GatewayError({
    code: 'SdpNotRelayable',
    message: `A session description was refused: ${because}.`,
    remedy: 'Let the peer offer RTP or T.38 over UDP, by unicast IPv4.',
    retry: 'never',
  });
}
