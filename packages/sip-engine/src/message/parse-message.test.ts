import { describe, expect, it } from 'vitest';
import { parseMessage } from './parse-message.ts';
import type { MessageLimits, Parsed } from './parsed.ts';
import { datagramLimits } from './parsed.ts';
import { responseToRefused } from './response-to.ts';

const usual = {
  start: 'OPTIONS sip:bob@example.org SIP/2.0',
  via: 'Via: SIP/2.0/UDP 192.0.2.1:5062;branch=z9hG4bKa1;rport',
  from: 'From: "Alice" <sip:alice@example.com>;tag=f1',
  to: 'To: <sip:bob@example.org>',
  callId: 'Call-ID: 7@192.0.2.1',
  cseq: 'CSeq: 9 OPTIONS',
  maxForwards: 'Max-Forwards: 70',
};
type Lines = Partial<Record<keyof typeof usual, string>>;

/** A whole OPTIONS with some lines put in place of the usual ones; an empty text takes a line away. */
function options(changes: Lines = {}, extra: readonly string[] = [], body = ''): string {
  const lines = Object.values({ ...usual, ...changes }).filter((line) => line !== '');
  return `${[...lines, ...extra].join('\r\n')}\r\n\r\n${body}`;
}

const ok = (changes: Lines = {}): string => options({ start: 'SIP/2.0 200 OK', ...changes });

function parse(text: string | Uint8Array, limits: Partial<MessageLimits> = {}): Parsed {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  return parseMessage(bytes, { ...datagramLimits, ...limits });
}

/** "message", "keepalive", "silence Code", or "400 Code" with "!" where no answer is possible. */
function outcome(text: string | Uint8Array, limits: Partial<MessageLimits> = {}): string {
  const parsed = parse(text, limits);
  if (parsed.kind === 'refused') {
    return `${parsed.status} ${parsed.code}${parsed.answerHeaders === undefined ? '!' : ''}`;
  }
  return parsed.kind === 'silence' ? `silence ${parsed.code}` : parsed.kind;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

describe('what is no usable message', () => {
  it.each<readonly [string, string, string | Uint8Array]>([
    ['unknown version', '505 VersionUnknown', options({ start: 'OPTIONS sip:b@c SIP/7.0' })],
    ['version 2.1', '505 VersionUnknown', options({ start: 'OPTIONS sip:b@c SIP/2.1' })],
    ['another protocol', '400 StartLineMalformed', options({ start: 'GET / HTTP/1.1' })],
    [
      'a method that is no token',
      '400 StartLineMalformed',
      options({ start: 'OP"S sip:b@c SIP/2.0' }),
    ],
    ['no Request-URI', '400 StartLineMalformed', options({ start: 'OPTIONS SIP/2.0' })],
    [
      'blank after the version',
      '400 StartLineMalformed',
      options({ start: 'OPTIONS sip:b@c SIP/2.0 ' }),
    ],
    ['two blanks', '400 RequestUriMalformed', options({ start: 'OPTIONS  sip:b@c SIP/2.0' })],
    ['tabs between', '400 StartLineMalformed', options({ start: 'OPTIONS\tsip:b@c\tSIP/2.0' })],
    [
      'blank in the Request-URI',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b@c; lr SIP/2.0' }),
    ],
    [
      'brackets around the Request-URI',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS <sip:b@c> SIP/2.0' }),
    ],
    [
      'headers in the Request-URI',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b@c?Route=%3Csip:d%3E SIP/2.0' }),
    ],
    [
      'an escape that is none',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b%G1@c SIP/2.0' }),
    ],
    ['port 0', '400 RequestUriMalformed', options({ start: 'OPTIONS sip:b@c:0 SIP/2.0' })],
    [
      'port above 65535',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b@c:65536 SIP/2.0' }),
    ],
    [
      'IPv6 without brackets',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b@2001:db8::1 SIP/2.0' }),
    ],
    [
      'nine groups in brackets',
      '400 RequestUriMalformed',
      options({ start: 'OPTIONS sip:b@[1:2:3:4:5:6:7:8:9] SIP/2.0' }),
    ],
    ['no Via', '400 HeaderMissing!', options({ via: '' })],
    ['no From', '400 HeaderMissing', options({ from: '' })],
    ['no To', '400 HeaderMissing', options({ to: '' })],
    ['no Call-ID', '400 HeaderMissing', options({ callId: '' })],
    ['no CSeq', '400 HeaderMissing!', options({ cseq: '' })],
    [
      'Via of another version',
      '400 HeaderMalformed!',
      options({ via: 'Via: SIP/3.0/UDP a;branch=z9hG4bKx' }),
    ],
    [
      'Via without transport',
      '400 HeaderMalformed!',
      options({ via: 'Via: SIP/2.0 a;branch=z9hG4bKx' }),
    ],
    [
      'two semicolons in Via',
      '400 HeaderMalformed!',
      options({ via: 'Via: SIP/2.0/UDP a;;branch=z9hG4bKx' }),
    ],
    ['empty Via', '400 HeaderMalformed!', options({ via: 'Via:' })],
    ['empty Via value first', '400 HeaderMalformed!', options({ via: 'Via: ,SIP/2.0/UDP a' })],
    ['quote never closed', '400 HeaderMalformed', options({ to: 'To: "Bob <sip:b@c>' })],
    ['bracket never closed', '400 HeaderMalformed', options({ to: 'To: <sip:b@c' })],
    ['blanks in the addr-spec', '400 HeaderMalformed', options({ to: 'To: < sip:b@c >' })],
    [
      'a comma in a bare name',
      '400 HeaderMalformed',
      options({ from: 'From: Bell, Alexander <sip:a@b>' }),
    ],
    [
      'two Froms in one line',
      '400 HeaderMalformed',
      options({ from: 'From: <sip:a@b>;tag=1, <sip:c@d>;tag=2' }),
    ],
    ['two From fields', '400 HeaderRepeated', options({}, ['From: <sip:c@d>;tag=2'])],
    ['two To fields, one compact', '400 HeaderRepeated', options({}, ['t: <sip:c@d>'])],
    ['two Call-IDs', '400 HeaderRepeated', options({}, ['i: 8@192.0.2.1'])],
    ['two Max-Forwards', '400 HeaderRepeated', options({}, ['Max-Forwards: 5'])],
    ['two Content-Lengths', '400 HeaderRepeated', options({}, ['Content-Length: 0', 'l: 0'])],
    ['CSeq of another method', '400 MethodMismatch', options({ cseq: 'CSeq: 9 INVITE' })],
    ['CSeq in other case', '400 MethodMismatch', options({ cseq: 'CSeq: 9 options' })],
    ['CSeq of 2^31', '400 HeaderMalformed', options({ cseq: 'CSeq: 2147483648 OPTIONS' })],
    [
      'CSeq above 2^64',
      '400 HeaderMalformed',
      options({ cseq: 'CSeq: 36893488147419103232 OPTIONS' }),
    ],
    ['negative CSeq', '400 HeaderMalformed', options({ cseq: 'CSeq: -1 OPTIONS' })],
    ['CSeq without method', '400 HeaderMalformed', options({ cseq: 'CSeq: 9' })],
    ['Max-Forwards of 300', '400 HeaderMalformed', options({ maxForwards: 'Max-Forwards: 300' })],
    [
      'Max-Forwards in words',
      '400 HeaderMalformed',
      options({ maxForwards: 'Max-Forwards: many' }),
    ],
    [
      'Content-Length above the body',
      '400 BodyTooShort',
      options({}, ['Content-Length: 5'], 'four'),
    ],
    ['negative Content-Length', '400 HeaderMalformed', options({}, ['Content-Length: -999'])],
    ['Content-Length in hex', '400 HeaderMalformed', options({}, ['Content-Length: 0x0'])],
    [
      'huge Content-Length',
      '400 HeaderMalformed',
      options({}, ['Content-Length: 99999999999999999999']),
    ],
    ['a line without colon', '400 HeaderMalformed', options({}, ['Subject'])],
    ['a line without name', '400 HeaderMalformed', options({}, [': x'])],
    ['a name with a blank', '400 HeaderMalformed', options({}, ['My Subject: x'])],
    ['NUL in a header', '400 HeaderMalformed', options({}, ['Subject: a\0b'])],
    ['bare LF', '400 LineEndMalformed', options({}, ['Subject: a\nX: b'])],
    ['bare CR', '400 LineEndMalformed', options({}, ['Subject: a\rX: b'])],
    ['no blank line at the end', '400 HeadUnfinished', options().slice(0, -2)],
    [
      'folded start line',
      '400 StartLineMalformed!',
      options({ start: 'OPTIONS sip:b@c\r\n SIP/2.0' }),
    ],
    ['bytes that are no UTF-8', '400 TextNotUtf8', latin1(options({}, ['Subject: \u00ff']))],
    ['ACK with a flaw', '400 MethodMismatch!', options({ start: 'ACK sip:b@c SIP/2.0' })],
    ['response of another version', 'silence StartLineMalformed', ok({ start: 'SIP/7.0 200 OK' })],
    [
      'overlarge status',
      'silence StartLineMalformed',
      ok({ start: 'SIP/2.0 4294967301 better not' }),
    ],
    ['status 700', 'silence StartLineMalformed', ok({ start: 'SIP/2.0 700 No' })],
    ['status 099', 'silence StartLineMalformed', ok({ start: 'SIP/2.0 099 No' })],
    ['response without CSeq', 'silence HeaderMissing', ok({ cseq: '' })],
    [
      'response with a huge CSeq',
      'silence HeaderMalformed',
      ok({ cseq: 'CSeq: 9292394834772304023312 OPTIONS' }),
    ],
    [
      'response with two Tos',
      'silence HeaderRepeated',
      ok({ to: 'To: <sip:b@c>\r\nTo: <sip:b@c>' }),
    ],
    ['one NUL byte', '400 HeaderMalformed!', new Uint8Array(1)],
    ['a STUN request', '400 HeaderMalformed!', Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42)],
  ])('%s: %s', (_name, expected, text) => {
    expect(outcome(text)).toBe(expected);
  });

  it.each<readonly [string, string, string, Partial<MessageLimits>]>([
    [
      'start line too long',
      '414 RequestUriTooLong!',
      options({ start: `OPTIONS sip:${'b'.repeat(200)}@c SIP/2.0` }),
      { lineLength: 200 },
    ],
    [
      'header too long',
      '513 LineTooLong',
      options({}, [`X: ${'y'.repeat(200)}`]),
      { lineLength: 200 },
    ],
    [
      'folded header too long',
      '513 LineTooLong',
      options({}, ['X: a', ...Array.from({ length: 50 }, () => ' yyy')]),
      { lineLength: 200 },
    ],
    ['too many headers', '513 TooManyHeaders', options({}, ['A: 1', 'B: 2']), { headers: 7 }],
    [
      'too many Vias',
      '513 TooManyVias',
      options({}, ['v: SIP/2.0/UDP a, SIP/2.0/UDP b']),
      { vias: 2 },
    ],
    [
      'too many routes',
      '513 TooManyRoutes',
      options({}, ['Route: <sip:a;lr>,<sip:b;lr>', 'Record-Route: <sip:c;lr>']),
      { routes: 2 },
    ],
    [
      'message too long',
      '513 MessageTooLarge',
      options({}, [], 'x'.repeat(1000)),
      { messageBytes: 1000 },
    ],
  ])('over a limit, %s: %s', (_name, expected, text, limits) => {
    expect(outcome(text, limits)).toBe(expected);
  });

  it('is answered with what the request said and a To tag', () => {
    const refused = parse(options({ cseq: 'CSeq: 9 INVITE' }));
    if (refused.kind !== 'refused') throw new Error(refused.kind);
    const response = responseToRefused(refused, 't7');
    expect(response).toMatchObject({
      status: 400,
      reasonPhrase: 'Bad Request: the CSeq says INVITE, the request line OPTIONS',
    });
    expect(response?.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      usual.via,
      usual.from,
      `${usual.to};tag=t7`,
      usual.callId,
      'CSeq: 9 INVITE',
    ]);
  });
});

describe('what is odd, and allowed', () => {
  it.each<readonly [string, string]>([
    [
      'every kind of white space',
      options({
        via: 'v:  SIP  / 2.0\r\n /UDP\r\n   192.0.2.2 : 4000 ;branch = z9hG4bKb\r\n ; rport',
        to: 'TO :\r\n sip:vivekg@chair.example.com ;   tag    = 1918181833n',
        from: 'From : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8',
        maxForwards: 'MaX-fOrWaRdS: 0068',
        cseq: 'cseq: 0009\r\n  OPTIONS',
      }),
    ],
    [
      'a method of every token mark',
      options({
        start: "!odd-Method0123456789_*+`.%indeed'~ sip:b@c SIP/2.0",
        cseq: "CSeq: 1 !odd-Method0123456789_*+`.%indeed'~",
      }),
    ],
    ['escapes in the user', options({ start: 'OPTIONS sip:%75se%72@example.com SIP/2.0' })],
    ['an escaped NUL', options({ start: 'OPTIONS sip:null-%00-null@example.com SIP/2.0' })],
    [
      'a method that looks escaped',
      options({ start: 'RE%47IST%45R sip:b@c SIP/2.0', cseq: 'CSeq: 1 RE%47IST%45R' }),
    ],
    [
      'no blank before the bracket',
      options({ from: 'From: caller<sip:caller@example.com>;tag=323' }),
    ],
    [
      'semicolons in the user part',
      options({ start: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0' }),
    ],
    [
      'another scheme',
      options({ start: 'OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0' }),
    ],
    ['tel', options({ start: 'OPTIONS tel:+15551234567;phone-context=x SIP/2.0' })],
    [
      'IPv6 in Via and Request-URI',
      options({
        start: 'OPTIONS sip:[2001:db8::10]:5070 SIP/2.0',
        via: 'Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKx',
      }),
    ],
    [
      'received without brackets',
      options({ via: 'Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKx' }),
    ],
    ['IPv4 mapped in SDP style', options({ start: 'OPTIONS sip:[::ffff:192.0.2.10] SIP/2.0' })],
    [
      'unknown transport in Via',
      options({ via: 'Via: SIP/2.0/UNKNOWN 192.0.2.1;branch=z9hG4bKx' }),
    ],
    ['no Max-Forwards', options({ maxForwards: '' })],
    ['Max-Forwards of 0', options({ maxForwards: 'Max-Forwards: 0' })],
    ['a branch without the cookie', options({ via: 'Via: SIP/2.0/UDP 192.0.2.1;branch=1' })],
    ['no branch at all', options({ via: 'Via: SIP/2.0/UDP 192.0.2.1:5060' })],
    ['no tag on From', options({ from: 'From: sip:a@b' })],
    ['an empty display name', options({ from: 'From: "" <sip:a@b>;tag=1' })],
    ['a comma in a quoted name', options({ from: 'From: "Bell, A" <sip:a@b>;tag=1' })],
    ['UTF-8 in a quoted name', options({ from: 'From: "\u0411\u043e\u0431" <sip:a@b>;tag=1' })],
    ['a header that is not known', options({}, ['Made-Up: ;;,,;"', 'constructor: x'])],
    ['an empty header', options({}, ['Subject:', 'Supported:'])],
    ['lower case version', options({ start: 'OPTIONS sip:b@c sip/2.0' })],
    ['blank lines before', `\r\n\r\n${options()}`],
    ['a reason in UTF-8', ok({ start: 'SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e' })],
    ['an empty reason', ok({ start: 'SIP/2.0 100 ' })],
    ['no reason at all', ok({ start: 'SIP/2.0 100' })],
    ['a response to another method', ok({ cseq: 'CSeq: 9 BYE' })],
  ])('%s', (_name, text) => {
    expect(outcome(text)).toBe('message');
  });

  it('reads through white space, folds and escapes', () => {
    const from = 'f: "J \\\\\\"R\\""\r\n\t<sip:j@example.com>\r\n  ; tag = 98a';
    const parsed = parse(options({ from, cseq: 'cSeQ:\r\n 0009\r\n  OPTIONS' }));
    if (parsed.kind !== 'message') throw new Error(outcome(options({ from })));
    expect(parsed.essentials).toMatchObject({
      from: { displayName: 'J \\"R"' },
      fromTag: '98a',
      toTag: undefined,
      cseq: { sequence: 9, method: 'OPTIONS' },
      maxForwards: 70,
      via: { transport: 'UDP', sentBy: { host: '192.0.2.1', port: 5062 } },
    });
    expect(parsed.message.headers[1]).toEqual({
      name: 'f',
      key: 'from',
      value: '"J \\\\\\"R\\"" <sip:j@example.com> ; tag = 98a',
    });
  });
});

function bodyOf(text: string | Uint8Array): readonly number[] {
  const parsed = parse(text);
  if (parsed.kind !== 'message') throw new Error(parsed.kind);
  return [...parsed.message.body];
}

it('takes the topmost Via of several header fields', () => {
  const parsed = parse(options({}, ['Via: SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKb']));
  expect(parsed.kind === 'message' && parsed.essentials.via.sentBy.host).toBe('192.0.2.1');
});

describe('the body', () => {
  it('ends where Content-Length says, whatever follows', () => {
    const two = options({}, ['Content-Length: 2'], `ab${options()}`);
    expect(bodyOf(two)).toEqual([0x61, 0x62]);
  });

  it('is all that is left without Content-Length', () => {
    expect(bodyOf(options({}, [], 'abc'))).toEqual([0x61, 0x62, 0x63]);
  });

  it('stays bytes', () => {
    const bytes = latin1(options({}, ['Content-Length: 3'], '\u00ff\u0000\u000a'));
    expect(bodyOf(bytes)).toEqual([0xff, 0, 10]);
  });
});

describe('keepalives', () => {
  it.each([
    ['', false],
    ['\r\n', false],
    ['\r\n\r\n', true],
  ])('%j asks for a pong: %s', (text, ping) => {
    expect(parse(text)).toEqual({ kind: 'keepalive', ping });
  });
});
