// Malformed, oversized and unknown messages against a running engine: an answer as RFC 3261 names it or silence, no word to the
// application, nothing left.
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSipEngine, type SipEngine } from '../engine.ts';
import { endEngines } from '../testing/end-engines.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { RawApp } from '../testing/raw-app.ts';
import { VirtualNetwork } from '../testing/virtual-network.ts';

const engineTuple = { address: '203.0.113.50', port: 5060 };
const peerTuple = { address: '198.51.100.7', port: 5060 };
const opened: { engine: SipEngine; clock: FakeClock }[] = [];

afterEach(async () => endEngines(opened));

/** Sends datagrams, waits for all timers, and tells what came back: statuses without repeats, or "pong". */
async function outcomeOf(...datagrams: readonly (string | Uint8Array)[]): Promise<string> {
  const clock = new FakeClock();
  const network = new VirtualNetwork(clock);
  const message = { messageBytes: 20_000, headers: 40, lineLength: 1_000, vias: 5, routes: 5 };
  const transports = [network.open(engineTuple)];
  const engine = createSipEngine({ transports, secret: 's', clock, limits: { message } });
  opened.push({ engine, clock });
  const server = createServer();
  const app = new RawApp(server, 's');
  engine.attach(server);
  await clock.advanceSettled(0);
  const heardBefore = app.heard.length;
  const peer = network.open(peerTuple);
  const said: string[] = [];
  peer.onMessage((bytes) => {
    const text = Buffer.from(bytes).toString();
    said.push(text === '\r\n' ? 'pong' : (/^SIP\/2\.0 (\d{3}) /.exec(text)?.[1] ?? text));
  });
  for (const datagram of datagrams) {
    peer.send(
      typeof datagram === 'string' ? Buffer.from(datagram, 'latin1') : datagram,
      engineTuple,
    );
    await clock.advanceSettled(10);
  }
  await clock.advanceSettled(80_000);
  expect(app.heard.slice(heardBefore)).toEqual([]);
  expect(engine.counts()).toMatchObject({ transactions: 0, dialogs: 0, timers: 0 });
  return [...new Set(said)].join(' ');
}

interface Lines {
  readonly start?: string;
  readonly via?: string;
  readonly from?: string;
  readonly to?: string;
  readonly callId?: string;
  readonly cseq?: string;
  readonly hops?: string;
  readonly contact?: string;
}

/** A request that is sound but for what is given; '' leaves a line out. */
function request(
  method: string,
  lines: Lines = {},
  more: readonly string[] = [],
  body = '',
): string {
  const {
    start = `${method} sip:b@203.0.113.50 SIP/2.0`,
    via = 'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bKh1;rport',
    from = 'From: <sip:a@198.51.100.7>;tag=f1',
    to = 'To: <sip:b@203.0.113.50>',
    callId = 'Call-ID: hostile@198.51.100.7',
    cseq = `CSeq: 7 ${method}`,
    hops = 'Max-Forwards: 70',
    contact = method === 'INVITE' ? 'Contact: <sip:a@198.51.100.7>' : '',
  } = lines;
  const all = [start, via, from, to, callId, cseq, hops, contact, ...more];
  return `${all.filter((line) => line !== '').join('\r\n')}\r\n\r\n${body}`;
}

const inDialog: Lines = { to: 'To: <sip:b@203.0.113.50>;tag=gone' };
const longUser = 'b'.repeat(1_100);
const ownVia = 'Via: SIP/2.0/UDP 203.0.113.50:5060;branch=z9hG4bKunknown';

describe('what is no SIP at all', () => {
  it.each<readonly [string, string | Uint8Array, string]>([
    ['nothing', '', ''],
    ['one line end', '\r\n', ''],
    ['two line ends ask for a pong', '\r\n\r\n', 'pong'],
    ['a zero byte', new Uint8Array(1), ''],
    ['a STUN request', Uint8Array.of(0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42), ''],
    ['an RTP packet', Uint8Array.of(0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4, 0xff, 0xff), ''],
    ['an HTTP request', 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n', ''],
    [
      'an HTTP request with header fields of SIP',
      request('GET', { start: 'GET / HTTP/1.1' }),
      '400',
    ],
    ['a request line and no more', 'OPTIONS sip:b@203.0.113.50 SIP/2.0\r\n\r\n', ''],
    ['sixteen kilobytes of one letter', 'A'.repeat(16_384), ''],
    ['thirty kilobytes of header text', `OPTIONS sip:b@c SIP/2.0\r\nX: ${'y'.repeat(30_000)}`, ''],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });
});

const ok = (start: string, lines: Lines = {}): string => request('INVITE', { start, ...lines });

describe('responses that nobody waits for are dropped', () => {
  it.each<readonly [string, string]>([
    ['with our sent-by and an unknown branch', ok('SIP/2.0 200 OK', { via: ownVia })],
    ['with the Via of somebody else', ok('SIP/2.0 200 OK')],
    ['provisional', ok('SIP/2.0 180 Ringing', { via: ownVia })],
    ['of another version', ok('SIP/3.0 200 OK', { via: ownVia })],
    ['with a status of 700', ok('SIP/2.0 700 What', { via: ownVia })],
    ['with a status of four digits', ok('SIP/2.0 2000 What', { via: ownVia })],
    ['without CSeq', ok('SIP/2.0 200 OK', { via: ownVia, cseq: '' })],
    ['with a CSeq of CANCEL', ok('SIP/2.0 200 OK', { via: ownVia, cseq: 'CSeq: 7 CANCEL' })],
    ['with two To', ok('SIP/2.0 200 OK', { via: ownVia, to: 'To: <sip:b@c>\r\nTo: <sip:b@c>' })],
  ])('%s', async (_what, datagram) => {
    expect(await outcomeOf(datagram)).toBe('');
  });
});

describe('ACK is never answered', () => {
  it.each<readonly [string, string]>([
    ['of no call', request('ACK')],
    ['of a call that is gone', request('ACK', inDialog)],
    ['with a CSeq of another method', request('ACK', { cseq: 'CSeq: 7 INVITE' })],
    ['of another version', request('ACK', { start: 'ACK sip:b@203.0.113.50 SIP/3.0' })],
    ['that requires what is not there', request('ACK', {}, ['Require: nothing'])],
    ['for an unknown scheme', request('ACK', { start: 'ACK foo:bar SIP/2.0' })],
    ['shorter than it says', request('ACK', {}, ['Content-Length: 99'])],
  ])('%s', async (_what, datagram) => {
    expect(await outcomeOf(datagram)).toBe('');
  });
});

describe('a request that cannot be read', () => {
  it.each<readonly [string, string, string]>([
    ['no Via: nobody to answer', request('OPTIONS', { via: '' }), ''],
    ['a Via that is none', request('OPTIONS', { via: 'Via: nonsense' }), ''],
    [
      'a Via of another version',
      request('OPTIONS', { via: 'Via: SIP/9.0/UDP a;branch=z9hG4bKx' }),
      '',
    ],
    ['no From', request('OPTIONS', { from: '' }), '400'],
    ['no To', request('OPTIONS', { to: '' }), '400'],
    ['no Call-ID', request('OPTIONS', { callId: '' }), '400'],
    ['no CSeq: nobody could tell what is answered', request('OPTIONS', { cseq: '' }), ''],
    ['a To whose quote never closes', request('OPTIONS', { to: 'To: "b <sip:b@c>' }), '400'],
    ['two From', request('OPTIONS', {}, ['From: <sip:x@y>;tag=2']), '400'],
    ['a folded request line', request('OPTIONS', { start: 'OPTIONS sip:b@c\r\n SIP/2.0' }), ''],
    [
      'a From whose name has a comma',
      request('OPTIONS', { from: 'From: A, B <sip:a@b>;tag=1' }),
      '400',
    ],
    ['two Max-Forwards', request('OPTIONS', {}, ['Max-Forwards: 5']), '400'],
    ['a CSeq of another method', request('OPTIONS', { cseq: 'CSeq: 7 INVITE' }), '400'],
    ['a CSeq beyond 2^31', request('INVITE', { cseq: 'CSeq: 4294967296 INVITE' }), '400'],
    ['a negative CSeq', request('OPTIONS', { cseq: 'CSeq: -7 OPTIONS' }), '400'],
    ['Max-Forwards of 256', request('OPTIONS', { hops: 'Max-Forwards: 256' }), '400'],
    ['a body shorter than it says', request('INVITE', {}, ['Content-Length: 9'], 'v=0'), '400'],
    ['a negative length', request('OPTIONS', {}, ['Content-Length: -1']), '400'],
    ['two lengths', request('OPTIONS', {}, ['Content-Length: 0', 'l: 0']), '400'],
    ['a name that drachtio-srf reads as Contact', request('OPTIONS', {}, ['C%6Fntact: x']), '400'],
    ['a line without a colon', request('OPTIONS', {}, ['Subject']), '400'],
    ['a name with a blank', request('OPTIONS', {}, ['My Subject: x']), '400'],
    ['a bare line feed', request('OPTIONS', {}, ['Subject: a\nX: b']), '400'],
    ['a bare carriage return', request('OPTIONS', {}, ['Subject: a\rX: b']), '400'],
    ['a zero byte in a header field', request('OPTIONS', {}, ['Subject: a\u0000b']), '400'],
    ['bytes that are no UTF-8', request('OPTIONS', {}, ['Subject: \u00ff']), '400'],
    ['no empty line at the end', request('OPTIONS').slice(0, -2), '400'],
    [
      'two blanks in the request line',
      request('OPTIONS', { start: 'OPTIONS  sip:b@c SIP/2.0' }),
      '400',
    ],
    [
      'angle brackets around the Request-URI',
      request('OPTIONS', { start: 'OPTIONS <sip:b@c> SIP/2.0' }),
      '400',
    ],
    [
      'header fields in the Request-URI',
      request('OPTIONS', { start: 'OPTIONS sip:b@c?Route=x SIP/2.0' }),
      '400',
    ],
    ['a broken escape', request('OPTIONS', { start: 'OPTIONS sip:b%ZZ@c SIP/2.0' }), '400'],
    ['port 0', request('OPTIONS', { start: 'OPTIONS sip:b@c:0 SIP/2.0' }), '400'],
    [
      'IPv6 without brackets',
      request('OPTIONS', { start: 'OPTIONS sip:b@2001:db8::1 SIP/2.0' }),
      '400',
    ],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });
});

describe('a request that is too large', () => {
  it.each<readonly [string, string, string]>([
    [
      'the Request-URI, before anything says where an answer goes',
      request('INVITE', { start: `INVITE sip:${longUser}@c SIP/2.0` }),
      '',
    ],
    ['a header field', request('INVITE', {}, [`Subject: ${longUser}`]), '513'],
    [
      'a header field of many folds',
      request('INVITE', {}, ['X: a', ...Array.from({ length: 300 }, () => ' yyy')]),
      '513',
    ],
    [
      'header fields too many',
      request(
        'INVITE',
        {},
        Array.from({ length: 50 }, (_, at) => `X${at}: y`),
      ),
      '513',
    ],
    [
      'Vias too many',
      request('INVITE', {}, [`v: ${Array.from({ length: 6 }, () => 'SIP/2.0/UDP a').join(',')}`]),
      '513',
    ],
    [
      'routes too many',
      request('INVITE', {}, [
        'Record-Route: <sip:a;lr>, <sip:b;lr>, <sip:c;lr>',
        'Route: <sip:d;lr>,<sip:e;lr>',
        'Record-Route: <sip:f;lr>',
      ]),
      '513',
    ],
    ['the body', request('INVITE', {}, [], 'x'.repeat(21_000)), '513'],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });
});

describe('a request for something that is not there', () => {
  it.each<readonly [string, string, string]>([
    ['another version', request('INVITE', { start: 'INVITE sip:b@c SIP/3.0' }), '505'],
    ['a method that drachtio-srf reads as INVITE', request('IN%56ITE'), '405'],
    [
      'one that it gives to who takes INVITE',
      request('invite', { hops: 'Max-Forwards: 0' }),
      '405',
    ],
    ['another one', request('INVITEX'), '405'],
    ['one that it reads as BYE, in a call that is gone', request('B%59E', inDialog), '481'],
    ['an unknown scheme', request('OPTIONS', { start: 'OPTIONS foo:bar SIP/2.0' }), '416'],
    [
      'an unknown scheme to call',
      request('INVITE', { start: 'INVITE http://example.com SIP/2.0' }),
      '100 416',
    ],
    ['an unknown extension', request('OPTIONS', {}, ['Require: teleport, replaces']), '420'],
    ['one to call with', request('INVITE', {}, ['Require: precondition']), '100 420'],
    ['a call that is gone: BYE', request('BYE', inDialog), '481'],
    ['INVITE', request('INVITE', inDialog), '481'],
    ['UPDATE', request('UPDATE', inDialog), '481'],
    ['INFO', request('INFO', inDialog), '481'],
    ['PRACK', request('PRACK', inDialog), '481'],
    ['REFER', request('REFER', inDialog), '481'],
    ['a method nobody knows', request('DANCE', inDialog), '481'],
    ['no call at all: BYE', request('BYE'), '481'],
    ['UPDATE without a call', request('UPDATE'), '481'],
    ['PRACK without a call', request('PRACK'), '481'],
    ['CANCEL of nothing', request('CANCEL'), '481'],
    ['CANCEL of nothing, in a call that is gone', request('CANCEL', inDialog), '481'],
    ['the last hop', request('INVITE', { hops: 'Max-Forwards: 0' }), '100 483'],
  ])('%s', async (_what, datagram, expected) => {
    expect(await outcomeOf(datagram)).toBe(expected);
  });
});

describe('an INVITE that could make no dialog', () => {
  it.each<readonly [string, Lines, readonly string[]]>([
    ['no Contact', { contact: '' }, []],
    ['a Contact that is none', { contact: 'Contact: nonsense' }, []],
    ['a Contact of every binding', { contact: 'Contact: *' }, []],
    ['a Contact of another scheme', { contact: 'Contact: <mailto:a@example.com>' }, []],
    ['two Contacts', { contact: 'Contact: <sip:a@x>, <sip:b@y>' }, []],
    ['a Record-Route that is none', {}, ['Record-Route: <sip:p1;lr>, <<>']],
  ])('%s', async (_what, lines, more) => {
    expect(await outcomeOf(request('INVITE', lines, more))).toBe('100 400');
  });
});

describe('answers find their way by what was seen', () => {
  it('a name in sent-by, another transport, received made up: to the source', async () => {
    for (const via of [
      'Via: SIP/2.0/UDP no.such.host.invalid;branch=z9hG4bKh1;rport',
      'Via: SIP/2.0/TCP 192.0.2.9:5061;branch=z9hG4bKh1;rport',
      'Via: SIP/2.0/UNKNOWN 192.0.2.9;branch=z9hG4bKh1',
      'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKh1;received=192.0.2.10;rport=9',
      'Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKh1;maddr=192.0.2.11',
      'Via: SIP/2.0/UDP 192.0.2.9',
    ]) {
      expect(await outcomeOf(request('BYE', { ...inDialog, via }))).toBe('481');
    }
  });

  it('without rport the port of sent-by, where nobody may be', async () => {
    const via = 'Via: SIP/2.0/UDP 198.51.100.7:9;branch=z9hG4bKh1';
    expect(await outcomeOf(request('BYE', { ...inDialog, via }))).toBe('');
  });
});

describe('the same again', () => {
  it('a refused request that is repeated gets the same answer, from one transaction', async () => {
    const bye = request('BYE', inDialog);
    expect(await outcomeOf(bye, bye, bye)).toBe('481');
  });

  it('a hundred broken requests, one after the other', async () => {
    const all = Array.from({ length: 100 }, (_, at) =>
      request('INVITE', { cseq: `CSeq: ${at} BYE`, callId: `Call-ID: c${at}` }),
    );
    expect(await outcomeOf(...all)).toBe('400');
  });

  it('calls to nowhere with a branch of old, told apart by the rest', async () => {
    const via = 'Via: SIP/2.0/UDP 198.51.100.7:5060;branch=1;rport';
    const both = [1, 2].map((at) => request('BYE', { ...inDialog, via, cseq: `CSeq: ${at} BYE` }));
    expect(await outcomeOf(...both)).toBe('481');
  });
});
