import { describe, expect, it } from 'vitest';
import { parseMessage } from './parse-message.ts';
import { serialiseMessage } from './serialise-message.ts';

const lines = [
  'OPTIONS sip:a@192.0.2.1 SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK1',
  'f: <sip:b@192.0.2.2>;tag=1',
  'To: <sip:a@192.0.2.1>',
  'Call-ID: 1',
  'CSeq: 1 OPTIONS',
  'Content-Length: 3',
  '',
  'abc',
];

/** The message above with one line written otherwise, and what its reader says may be passed on as it is. */
function verbatim(at: number, line: string, around: [string, string] = ['', '']): unknown {
  const text = `${around[0]}${lines.with(at, line).join('\r\n')}${around[1]}`;
  const parsed = parseMessage(new TextEncoder().encode(text));
  if (parsed.kind !== 'message') throw new Error(`${parsed.kind}: ${text}`);
  const rewritten = Buffer.from(serialiseMessage(parsed.message)).toString();
  const { verbatim: bytes } = parsed;
  const found = bytes === undefined ? undefined : Buffer.from(bytes).toString();
  // whatever it is, it is what would be written
  expect(found ?? rewritten).toBe(rewritten);
  return found;
}

describe('a message that came as it would be written is not written again', () => {
  it('that is most of them, with compact names, too', () => {
    expect(verbatim(2, lines[2] ?? '')).toBe(lines.join('\r\n'));
  });

  it('without blank lines before it, and what follows its length', () => {
    expect(verbatim(2, lines[2] ?? '', ['\r\n', 'def'])).toBe(lines.join('\r\n'));
  });

  it('and a response', () => {
    expect(verbatim(0, 'SIP/2.0 200 OK')).toBe(lines.with(0, 'SIP/2.0 200 OK').join('\r\n'));
    expect(verbatim(0, 'SIP/2.0 200 ')).toBeDefined();
  });

  it.each([
    ['a fold', 3, 'To: <sip:a@192.0.2.1>\r\n ;x=1'],
    ['no space', 4, 'Call-ID:1'],
    ['two spaces', 4, 'Call-ID:  1'],
    ['a tab', 4, 'Call-ID:\t1'],
    ['a blank before the colon, which drachtio-srf would not trim away', 4, 'Call-ID : 1'],
    ['a blank at the end', 4, 'Call-ID: 1 '],
    ['a length written otherwise', 6, 'Content-Length: 03'],
    ['no length', 6, 'X-A: 1'],
    ['a version in lower case', 0, 'OPTIONS sip:a@192.0.2.1 sip/2.0'],
    ['a response with such a version', 0, 'sip/2.0 200 OK'],
    ['a status line without a reason', 0, 'SIP/2.0 200'],
    ['UTF-8', 4, 'Call-ID: 1\r\nX-A: \u00e9'],
  ])('but not one with %s', (_what, at, line) => {
    expect(verbatim(at, line)).toBeUndefined();
  });
});
