// What RFC 4475 tries a SIP implementation with, section by section: messages of our own with the same properties, sent to an
// engine with a drachtio-srf application on it. Where we differ from what the RFC would like, the name of the row says so.
import Srf from 'drachtio-srf';
import { afterEach, describe, expect, it } from 'vitest';
import { createEngineBench, type EngineBench } from '../testing/engine-bench.ts';
import { endEngines } from '../testing/end-engines.ts';
import { startApp } from '../testing/srf-app.ts';

const engineTuple = { address: '10.0.0.1', port: 5060 };
const peerTuple = { address: '10.0.0.7', port: 5060 };
const opened: EngineBench[] = [];

afterEach(async () => endEngines(opened));

/** Sends one datagram, waits for all timers, and tells what the application heard, and the answers without repeats. */
async function outcomeOf(datagram: string | Uint8Array): Promise<string> {
  const bench = createEngineBench();
  opened.push(bench);
  const heard: string[] = [];
  await startApp(
    Srf,
    (app) => {
      app.use((req, res) => {
        heard.push(`${req.method} ${req.uri}`);
        res.send(req.method === 'INVITE' ? 486 : 200);
      });
    },
    bench,
  );
  const peer = bench.network.open(peerTuple);
  const answers: string[] = [];
  peer.onMessage((bytes) => {
    const status = /^SIP\/2\.0 (\d{3}) /.exec(Buffer.from(bytes).toString())?.[1];
    if (status !== undefined && status !== '100') answers.push(status);
  });
  peer.send(typeof datagram === 'string' ? Buffer.from(datagram) : datagram, engineTuple);
  await bench.run(80_000);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
  return [...heard, ...new Set(answers)].join(' ');
}

/** Sends a request from the application, and answers it; tells the status that the application hears. */
async function statusHeard(answer: (fields: string) => string): Promise<string> {
  const bench = createEngineBench();
  opened.push(bench);
  const { app } = await startApp(Srf, () => {}, bench);
  const peer = bench.network.open(peerTuple);
  peer.onMessage((bytes) => {
    const fields = Buffer.from(bytes)
      .toString()
      .split('\r\n')
      .filter((line) => /^(Via|From|To|Call-ID|CSeq):/iu.test(line));
    peer.send(Buffer.from(answer(fields.join('\r\n'))), engineTuple);
  });
  const heard: string[] = [];
  const asked = app.request('sip:b@10.0.0.7', { method: 'OPTIONS' });
  void asked.then((sent) => sent.on('response', ({ status }) => heard.push(String(status))));
  await bench.run(80_000);
  expect(bench.engine.counts()).toMatchObject({ transactions: 0, timers: 0 });
  return heard.join(' ');
}

const via = 'Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKtorture;rport';

/** A message by its lines; folds are lines that begin with a blank. */
function lines(...all: readonly string[]): string {
  return `${all.join('\r\n')}\r\n\r\n`;
}

/** A request that is sound but for what is put in place of its usual lines. */
function request(start: string, changes: Readonly<Record<string, string>> = {}, body = ''): string {
  const method = start.slice(0, start.indexOf(' '));
  const usual: Record<string, string> = {
    via,
    to: 'To: <sip:user@example.com>',
    from: 'From: <sip:caller@example.net>;tag=342310',
    callId: 'Call-ID: torture@10.0.0.7',
    cseq: `CSeq: 8 ${method}`,
    hops: 'Max-Forwards: 70',
    contact: 'Contact: <sip:caller@10.0.0.7>',
    length: `Content-Length: ${Buffer.byteLength(body)}`,
  };
  const all = Object.values({ ...usual, ...changes }).filter((line) => line !== '');
  return `${lines(start, ...all)}${body}`;
}

const invite = (changes: Readonly<Record<string, string>>): string =>
  request('INVITE sip:user@example.com SIP/2.0', changes);

describe('3.1.1 valid messages', () => {
  it.each<readonly [string, string, string]>([
    [
      '3.1.1.1 a short tortuous INVITE',
      lines(
        'INVITE sip:user@host.example.com;unknownparam SIP/2.0',
        'TO :',
        ' sip:user@host.example.com ;   unknown    = 19n',
        'from   : "Q Nobody \\\\\\""       <sip:q@example.com>',
        '  ;',
        '  tag = 98a',
        'MaX-fOrWaRdS: 0068',
        'Call-ID: tortuous.1@10.0.0.7',
        'Content-Length   : 0',
        'cseq: 0009',
        '  INVITE',
        'Via  : SIP  /   2.0',
        ' /UDP',
        '    10.0.0.7;branch=z9hG4bK39;rport',
        's :',
        'AFieldThatNobodyKnows:   a value that nobody knows',
        ' goes on here',
        'AFieldWithAnOddValue: ;;,,;;,;',
        'Content-Type: application/sdp',
        'Route:',
        ' <sip:10.0.0.1;lr;unknownwith=value;unknown-no-value>',
        'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
        '  branch  =   z9hG4bK9i8  ,',
        ' SIP  /    2.0   / UDP  192.0.2.111   ; branch=',
        ' z9hG4bK30239',
        'm:"A quoted string \\"\\"" <sip:q@example.com> ; newparam =',
        '      newvalue ;',
        '  secondparam ; q = 0.33',
      ),
      'INVITE sip:user@host.example.com;unknownparam 486',
    ],
    [
      '3.1.1.2 every character that a method, a user part and a tag may have',
      request(
        "!Unusual-Method0123456789_*+`.%said'~ sip:1_u.ser~(to-be!sure)&isn't+it$/odd?,/;;*:&it+has=1,pa$s~w.(yes)@example.com SIP/2.0",
        {
          from: "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"x\";tag=_token~1'+`*%!-.",
        },
      ),
      "!Unusual-Method0123456789_*+`.%said'~ sip:1_u.ser~(to-be!sure)&isn't+it$/odd?,/;;*:&it+has=1,pa$s~w.(yes)@example.com 200",
    ],
    [
      '3.1.1.2 otherwise than the RFC: control characters are refused, escaped or not',
      `${request('OPTIONS sip:user@example.com SIP/2.0').trimEnd()}\r\nSubject: "BEL:\\\u0007 NUL:\\\u0000"\r\n\r\n`,
      '400',
    ],
    [
      '3.1.1.3 escapes where they may stand',
      request('INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0', {
        to: 'To: sip:%75se%72@example.com',
        contact: 'Contact: <sip:cal%6Cer@host.example.net;%6C%72;n%61me=v%61lue%25%34%31>',
      }),
      'INVITE sip:sips%3Auser%40example.com@example.net 486',
    ],
    [
      '3.1.1.4 escaped null characters in URIs',
      request('REGISTER sip:example.com SIP/2.0', {
        to: 'To: sip:null-%00-null@example.com',
        contact: 'Contact: <sip:%00@host.example.com>, <sip:%00%00@host.example.com>',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.1.1.5 a percent sign that escapes nothing: a method that nobody knows',
      request('RE%47IST%45R sip:registrar.example.com SIP/2.0', {
        to: 'To: "%Z%45" <sip:resource@example.com>',
        from: 'From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23',
      }),
      '405',
    ],
    [
      '3.1.1.6 no blank between a display name and <',
      invite({ from: 'From: caller<sip:caller@example.com>;tag=323' }),
      'INVITE sip:user@example.com 486',
    ],
    [
      '3.1.1.7 long values',
      request(`INVITE sip:user@example.com SIP/2.0`, {
        to: `To: "I have a user name of ${'extreme '.repeat(20)}proportion"<sip:user@example.com:6000;${'unknownparam'.repeat(10)}=very${'long'.repeat(20)}value>`,
        from: `From: sip:${'verylong'.repeat(20)}@example.net;tag=12${'982424'.repeat(50)}`,
        callId: `Call-ID: longreq.one${'really'.repeat(20)}longcallid`,
        more: `Unknown-${'Long'.repeat(20)}-Name: unknown-${'long'.repeat(20)}-value`,
        more2: `Via: ${Array.from({ length: 20 }, (_, at) => `SIP/2.0/TCP sip${at}.example.com`).join(', ')}`,
      }),
      'INVITE sip:user@example.com 486',
    ],
    [
      '3.1.1.8 a second message in the same datagram is not read',
      request('REGISTER sip:example.com SIP/2.0') + request('INVITE sip:joe@example.com SIP/2.0'),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.1.1.9 a semicolon in a user part',
      request('OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0'),
      'OPTIONS sip:user;par=u%40example.net@example.com 200',
    ],
    [
      '3.1.1.10 transports of all kinds, and of none that is known',
      request('OPTIONS sip:user@example.com SIP/2.0', {
        more: 'Via: SIP/2.0/SCTP 192.0.2.1;branch=z9hG4bK1, SIP/2.0/TLS 192.0.2.2;branch=z9hG4bK2',
        more2: 'Via: SIP/2.0/UNKNOWN 192.0.2.3;branch=z9hG4bK3',
        more3: 'Via: SIP/2.0/TCP 192.0.2.4;branch=z9hG4bK4',
      }),
      'OPTIONS sip:user@example.com 200',
    ],
    [
      '3.1.1.11 a body of several parts',
      request(
        'MESSAGE sip:user@example.org SIP/2.0',
        { type: 'Content-Type: multipart/mixed;boundary=7a9cbec02ceef655' },
        '--7a9cbec02ceef655\r\nContent-Type: text/plain\r\n\r\nHello\r\n--7a9cbec02ceef655\r\nContent-Type: application/octet-stream\r\n\r\n\u0001\u0002\r\n--7a9cbec02ceef655--\r\n',
      ),
      'MESSAGE sip:user@example.org 200',
    ],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });

  it.each<readonly [string, string]>([
    [
      '3.1.1.12 an unusual reason phrase',
      'SIP/2.0 200 = 2**3 * 5**2 \u043d\u043e \u0441\u0442\u043e',
    ],
    ['3.1.1.13 an empty reason phrase', 'SIP/2.0 200 '],
  ])('%s', async (_what, start) => {
    expect(await statusHeard((fields) => lines(start, fields, 'Content-Length: 0'))).toBe('200');
  });
});

describe('3.1.2 invalid messages', () => {
  it.each<readonly [string, string, string]>([
    [
      '3.1.2.1 separators too many in a Contact',
      invite({ contact: 'Contact: "Joe" <sip:joe@example.org>;;;;' }),
      '400',
    ],
    [
      '3.1.2.1 in the topmost Via, too, otherwise than the RFC: nothing says where an answer goes',
      invite({ via: 'Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bKkdj;;,;,,' }),
      '',
    ],
    ['3.1.2.2 a length beyond the datagram', invite({ length: 'Content-Length: 9999' }), '400'],
    ['3.1.2.3 a negative length', invite({ length: 'Content-Length: -999' }), '400'],
    [
      '3.1.2.4 numbers too large in a request',
      request('REGISTER sip:example.com SIP/2.0', {
        cseq: 'CSeq: 36893488147419103232 REGISTER',
        hops: 'Max-Forwards: 300',
        more: 'Expires: 10000000000000000000000000000000',
      }),
      '400',
    ],
    [
      '3.1.2.6 a quote in To that never closes',
      invite({ to: 'To: "Mr J. User <sip:j.user@example.com>' }),
      '400',
    ],
    [
      '3.1.2.7 a Request-URI in angle brackets',
      request('INVITE <sip:user@example.com> SIP/2.0'),
      '400',
    ],
    [
      '3.1.2.8 blanks in the Request-URI',
      request('INVITE sip:user@example.com; lr SIP/2.0'),
      '400',
    ],
    [
      '3.1.2.9 several blanks in the request line',
      request('INVITE  sip:user@example.com  SIP/2.0'),
      '400',
    ],
    [
      '3.1.2.10 blanks at the end of the request line',
      request('OPTIONS sip:remote-target@example.com SIP/2.0  '),
      '400',
    ],
    [
      '3.1.2.11 header fields in the Request-URI',
      request('INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0'),
      '400',
    ],
    [
      '3.1.2.12 a Date of another zone than GMT: for the application',
      invite({ more: 'Date: Fri, 01 Jan 2010 16:00:00 EST' }),
      'INVITE sip:user@example.com 486',
    ],
    [
      '3.1.2.13 a Contact that needs angle brackets: for the registrar',
      request('REGISTER sip:example.com SIP/2.0', {
        contact: 'Contact: sip:user@example.com?Route=%3Csip:sip.example.com%3E',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.1.2.14 blanks around an addr-spec',
      request('OPTIONS sip:user@example.org SIP/2.0', {
        to: 'To: "Watson, Thomas" < sip:t.watson@example.org >',
      }),
      '400',
    ],
    [
      '3.1.2.15 a display name with characters that it may not have without quotes',
      request('OPTIONS sip:user@example.org SIP/2.0', {
        from: 'From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43',
      }),
      '400',
    ],
    ['3.1.2.16 a protocol of another version', request('OPTIONS sip:a@b SIP/7.0'), '505'],
    [
      '3.1.2.17 a CSeq of another method',
      request('OPTIONS sip:a@b SIP/2.0', { cseq: 'CSeq: 8 INVITE' }),
      '400',
    ],
    [
      '3.1.2.18 a method nobody knows, a CSeq of another one',
      request('NEWMETHOD sip:a@b SIP/2.0', { cseq: 'CSeq: 8 INVITE' }),
      '400',
    ],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });

  it.each<readonly [string, (fields: string) => string]>([
    [
      '3.1.2.5 numbers too large in a response',
      (fields) =>
        lines('SIP/2.0 503 Later', fields.replace(/CSeq: \d+/iu, 'CSeq: 9292394834772304023312')),
    ],
    ['3.1.2.19 a status of four digits', (fields) => lines('SIP/2.0 4294967301 Better', fields)],
  ])('%s: dropped', async (_what, answer) => {
    expect(await statusHeard(answer)).toBe('408');
  });
});

describe('3.2 transactions', () => {
  it('3.2.1 a branch that is the magic cookie and nothing else', async () => {
    const bare = 'Via: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK;rport';
    const options = request('OPTIONS sip:user@example.com SIP/2.0', { via: bare });
    expect(await outcomeOf(options)).toBe('OPTIONS sip:user@example.com 200');
  });
});

describe('3.3 applications', () => {
  it.each<readonly [string, string, string]>([
    ['3.3.1 no Call-ID, no From, no To', invite({ callId: '', from: '', to: '' }), '400'],
    ['3.3.2 an unknown scheme', request('OPTIONS nobodyknows:x SIP/2.0'), '416'],
    [
      '3.3.3 a scheme that is known, and not ours',
      request('OPTIONS soap.beep://192.0.2.1:3002 SIP/2.0'),
      '416',
    ],
    [
      '3.3.4 unknown schemes in header fields: for the registrar',
      request('REGISTER sip:example.com SIP/2.0', {
        to: 'To: isbn:2983792873',
        from: 'From: <http://www.example.com>;tag=3234233',
        contact: 'Contact: <name:John_Smith>',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.3.5 Require and Proxy-Require: of the first, since this is no proxy',
      request('OPTIONS sip:user@example.com SIP/2.0', {
        more: 'Require: nothingSupportsThis, nothingSupportsThisEither',
        more2: 'Proxy-Require: noProxiesSupportThis',
      }),
      '420',
    ],
    [
      '3.3.6 a body of an unknown type: for the application',
      request(
        'INVITE sip:user@example.com SIP/2.0',
        { type: 'Content-Type: application/unknownformat' },
        '<audio>\r\n</audio>\r\n',
      ),
      'INVITE sip:user@example.com 486',
    ],
    [
      '3.3.7 an unknown authorization scheme: for the application',
      request('REGISTER sip:example.com SIP/2.0', {
        more: 'Authorization: NobodyKnowsThis opaque-data=here',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.3.8 several values where one must be',
      invite({
        more: 'CSeq: 59 INVITE',
        more2: 'Call-ID: another@10.0.0.7',
        more3: 'From: <sip:other@example.com>;tag=3',
        more4: 'To: <sip:other@example.com>',
        more5: 'Max-Forwards: 5',
      }),
      '400',
    ],
    ['3.3.9 several lengths', invite({ more: 'Content-Length: 5' }), '400'],
    [
      '3.3.11 Max-Forwards of zero: to the end point it matters not',
      request('OPTIONS sip:user@example.com SIP/2.0', { hops: 'Max-Forwards: 0' }),
      'OPTIONS sip:user@example.com 200',
    ],
    [
      '3.3.12 REGISTER with a parameter of the Contact',
      request('REGISTER sip:example.com SIP/2.0', {
        contact: 'Contact: sip:+19725552222@gw1.example.net;unknownparam',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.3.13 REGISTER with a parameter of the URI',
      request('REGISTER sip:example.com SIP/2.0', {
        contact: 'Contact: <sip:+19725552222@gw1.example.net;unknownparam>',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.3.14 REGISTER with header fields in the URI',
      request('REGISTER sip:example.com SIP/2.0', {
        contact: 'Contact: <sip:user@example.com?Route=%3Csip:sip.example.com%3E>',
      }),
      'REGISTER sip:example.com 200',
    ],
    [
      '3.3.15 an Accept without SDP: for the application',
      invite({ more: 'Accept: text/nobodyknowsthis' }),
      'INVITE sip:user@example.com 486',
    ],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });

  it('3.3.10 a response that would go on to a broadcast address goes nowhere', async () => {
    const second = 'Via: SIP/2.0/UDP 255.255.255.255;branch=z9hG4bK1saber23';
    expect(await statusHeard((fields) => lines('SIP/2.0 200 OK', fields, second))).toBe('408');
  });
});

describe('3.4 of old', () => {
  it('3.4.1 an INVITE of RFC 2543: no branch, no tag, no Max-Forwards', async () => {
    const old = lines(
      'INVITE sip:UserB@example.com SIP/2.0',
      'Via: SIP/2.0/UDP 10.0.0.7',
      'From: <sip:caller@example.net>',
      'To: <sip:UserB@example.com>',
      'Call-ID: of-old@10.0.0.7',
      'CSeq: 1 INVITE',
      'Contact: <sip:caller@10.0.0.7>',
    );
    expect(await outcomeOf(old)).toBe('INVITE sip:UserB@example.com 486');
  });
});
