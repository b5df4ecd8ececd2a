import type { Tuple } from '@truetuple/sip-engine';

// The least that a load generator and a bare server need of SIP, by string work: enough to check every answer, and cheap.

/** What is looked at in a message. */
export interface SipText {
  /** The status of a response, 0 for a request. */
  readonly status: number;
  /** Method of a request, or of the CSeq of a response. */
  readonly method: string;
  readonly callId: string;
  readonly text: string;
}

export function readSipText(bytes: Uint8Array): SipText {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const callId = valueOf(text, 'Call-ID');
  if (text.startsWith('SIP/2.0 ')) {
    const cseq = valueOf(text, 'CSeq');
    const method = cseq.slice(cseq.indexOf(' ') + 1);
    return { status: Number(text.slice(8, 11)), method, callId, text };
  }
  return { status: 0, method: text.slice(0, text.indexOf(' ')), callId, text };
}

/** The first header field of this name as it is usually written; else, slower, in any case. "" when there is none. */
export function valueOf(text: string, name: string): string {
  let at = text.indexOf(`\r\n${name}: `);
  if (at === -1) at = text.toLowerCase().indexOf(`\r\n${name.toLowerCase()}: `);
  if (at === -1) return '';
  const from = at + name.length + 4;
  return text.slice(from, text.indexOf('\r\n', from)).trim();
}

/** Every header field of this name, whole lines. */
export function linesOf(text: string, name: string): string {
  const begin = `\r\n${name}: `;
  let lines = '';
  for (let at = text.indexOf(begin); at !== -1; at = text.indexOf(begin, at + 2)) {
    lines += text.slice(at, text.indexOf('\r\n', at + 2));
  }
  return lines;
}

export function bodyOf(text: string): string {
  const blank = text.indexOf('\r\n\r\n');
  return blank === -1 ? '' : text.slice(blank + 4);
}

export function hostPort({ address, port }: Tuple): string {
  return `${address}:${port}`;
}

/** A session description of one audio stream at this tuple. */
export function sdpAt({ address, port }: Tuple): string {
  const lines = ['v=0', `o=bench 53655765 2353687637 IN IP4 ${address}`, 's=-'];
  lines.push(`c=IN IP4 ${address}`, 't=0 0', `m=audio ${port} RTP/AVP 0`);
  return [...lines, 'a=rtpmap:0 PCMU/8000', ''].join('\r\n');
}

/** A message of these lines and this body. */
export function sipText(lines: readonly string[], body = ''): string {
  const type = body === '' ? [] : ['Content-Type: application/sdp'];
  return [...lines, ...type, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
