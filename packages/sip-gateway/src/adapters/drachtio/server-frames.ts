/** What drachtio-server writes at most in one frame: a datagram of SIP and its leader. */
const greatestFrame = 1_000_000;
const hash = 0x23;

/** The payloads in what came so far, and what is left; undefined: these are no frames. */
export interface FramesRead {
  readonly payloads: readonly Buffer[];
  readonly rest: Buffer;
}

/** Frames are `<decimal length in bytes>#<payload>`, with nothing between them. */
export function readFrames(bytes: Buffer): FramesRead | undefined {
  const payloads: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf(hash, at);
    const digits = bytes.toString('latin1', at, end < 0 ? bytes.length : end);
    if (!/^\d{0,7}$/.test(digits) || (end >= 0 && digits === '')) return undefined;
    const length = Number(digits);
    if (length > greatestFrame || (end >= 0 && length === 0)) return undefined;
    if (end < 0 || end + 1 + length > bytes.length) return { payloads, rest: bytes.subarray(at) };
    payloads.push(bytes.subarray(end + 1, end + 1 + length));
    at = end + 1 + length;
  }
}

export function writeFrame(payload: string): string {
  return `${Buffer.byteLength(payload)}#${payload}`;
}

/** The fields of a payload, before the SIP message that may follow them. */
export function leaderOf(payload: Buffer): readonly string[] {
  const end = payload.indexOf(0x0d);
  return payload.toString('utf8', 0, end < 0 ? payload.length : end).split('|');
}

/** A SIP message as drachtio-server says that it sent it. */
export interface SentEcho {
  /** Of a response: whom it went to. Of a request: the server's own address. */
  readonly address: string;
  readonly sip: Buffer;
}

/**
 * Reads `id|response|MSGID|OK|application|BYTES|PROTO|ADDR|...|Msg sent:|`, and `id|sip|application|BYTES|PROTO|ADDR|...|
 * unsolicited|DIALOG|`, which the server sent by itself. PROTO and DIALOG may be empty. undefined: the frame is another one.
 */
export function readEcho(payload: Buffer): SentEcho | undefined {
  const fields = leaderOf(payload);
  const [, verb] = fields;
  const isAnswer = verb === 'response' && fields[3] === 'OK' && fields[4] === 'application';
  const isUnsolicited = verb === 'sip' && fields[2] === 'application';
  if (!isAnswer && !isUnsolicited) return undefined;
  const start = payload.indexOf('\r\n');
  if (start < 0) return undefined;
  const address = (isAnswer ? fields[7] : fields[5]) ?? '';
  return { address, sip: payload.subarray(start + 2) };
}
