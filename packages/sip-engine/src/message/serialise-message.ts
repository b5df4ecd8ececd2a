import type { SipMessage } from './message.ts';

const encoder = new TextEncoder();

/**
 * The bytes of a message. Content-Length always tells the body's own length, whatever the header list says: it is
 * corrected where it stands, or put last (RFC 3261 18.3, 20.14).
 */
export function serialiseMessage(message: SipMessage): Uint8Array {
  const { body } = message;
  const head = headText(message);
  const bytes = new Uint8Array(head.length + body.length);
  const { read, written } = encoder.encodeInto(head, bytes);
  if (read === head.length && written === head.length) {
    bytes.set(body, written);
    return bytes;
  }
  return joined(encoder.encode(head), body);
}

function headText(message: SipMessage): string {
  let text =
    message.kind === 'request'
      ? `${message.method} ${message.requestUri} SIP/2.0\r\n`
      : `SIP/2.0 ${message.status} ${message.reasonPhrase}\r\n`;
  let hasLength = false;
  for (const { key, name, value } of message.headers) {
    if (key !== 'content-length') text += `${name}: ${value}\r\n`;
    else if (!hasLength) {
      hasLength = true;
      text += `${name}: ${message.body.length}\r\n`;
    }
  }
  return hasLength ? `${text}\r\n` : `${text}Content-Length: ${message.body.length}\r\n\r\n`;
}

function joined(head: Uint8Array, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  return bytes;
}
