import { describe, expect, it } from 'vitest';
import { headerField } from '../message/header-list.ts';
import { emptyBody, type SipMessage } from '../message/message.ts';
import type { GuardedIdentity } from './finding.ts';
import { guardFindings } from './guard-findings.ts';

const own: GuardedIdentity = {
  advertised: { host: '203.0.113.50', port: 5060 },
  mediaHosts: ['203.0.113.50', '203.0.113.51'],
  names: ['gw.example.com'],
};
const ownVia = 'SIP/2.0/UDP 203.0.113.50:5060;rport;branch=z9hG4bK1';

type Fields = readonly (readonly [string, string])[];

interface Parts {
  readonly method?: string;
  readonly status?: number;
  readonly via?: string;
  readonly headers?: Fields;
  readonly type?: string;
  readonly body?: string;
}

function messageOf({
  method = 'INVITE',
  status,
  via = ownVia,
  headers = [],
  type,
  body,
}: Parts): SipMessage {
  const fields = [
    ...(via === '' ? [] : [headerField('Via', via)]),
    headerField('From', '<sip:a@10.9.9.9>;tag=1'),
    headerField('To', '<sip:b@10.8.8.8>'),
    headerField('Call-ID', 'c@10.7.7.7'),
    headerField('CSeq', `1 ${method}`),
    headerField('Refer-To', '<sip:c@10.6.6.6>'),
    ...headers.map(([name, value]) => headerField(name, value)),
    ...(type === undefined ? [] : [headerField('c', type)]),
  ];
  const text = body === undefined ? emptyBody : Buffer.from(body, 'latin1');
  return status === undefined
    ? { kind: 'request', method, requestUri: 'sip:b@10.8.8.8', headers: fields, body: text }
    : { kind: 'response', status, reasonPhrase: 'x', headers: fields, body: text };
}

/** Rows of what is found, in order. */
const rowsOf = (parts: Parts, identity = own): string[] =>
  guardFindings(messageOf(parts), identity).map(({ row }) => row);

const contact = (value: string): Fields => [['Contact', value]];
const recorded = (value: string): Fields => [['Record-Route', value]];

describe('header fields that tell another tuple', () => {
  const broken: readonly [string, Parts, string][] = [
    ['Via of another host', { via: 'SIP/2.0/UDP 10.0.2.128:5060;branch=z9hG4bK1' }, 'via'],
    ['Via of another port', { via: 'SIP/2.0/UDP 203.0.113.50:5070;branch=z9hG4bK1' }, 'via'],
    ['Via over tls without a port', { via: 'SIP/2.0/TLS 203.0.113.50;branch=z9hG4bK1' }, 'via'],
    ['Via with maddr', { via: `${ownVia};maddr=10.0.0.1` }, 'via'],
    ['Via that is none', { via: 'HTTP/1.1 203.0.113.50:5060' }, 'via'],
    ['no Via', { via: '' }, 'via'],
    ['a second Via on top', { via: `SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK2, ${ownVia}` }, 'via'],
    ['Contact of another host', { headers: contact('<sip:me@10.0.2.128:5060>') }, 'contact'],
    ['Contact of another port', { headers: contact('<sip:me@203.0.113.50:5070>') }, 'contact'],
    [
      'Contact with maddr',
      { headers: contact('<sip:203.0.113.50:5060;maddr=10.0.0.1>') },
      'contact',
    ],
    ['sips Contact without a port', { headers: contact('<sips:me@203.0.113.50>') }, 'contact'],
    ['a telephone number', { headers: contact('<tel:+15551234>') }, 'contact'],
    ['a Contact that is none', { headers: contact('203.0.113.50') }, 'contact'],
    ['a star outside of REGISTER', { headers: contact('*') }, 'contact'],
    [
      'the second of two',
      { headers: contact('<sip:203.0.113.50:5060>, <sip:10.0.0.1>') },
      'contact',
    ],
    ['Contact of REGISTER', { method: 'REGISTER', headers: contact('<sip:10.0.0.1>') }, 'contact'],
    [
      'Contact of SUBSCRIBE',
      { method: 'SUBSCRIBE', headers: contact('<sip:10.0.0.1>') },
      'contact',
    ],
    ['Contact of UPDATE', { method: 'UPDATE', headers: contact('<sip:10.0.0.1>') }, 'contact'],
    ['Contact of a 180', { status: 180, headers: contact('<sip:10.0.0.1>') }, 'contact'],
    ['Contact of a 200', { status: 200, headers: contact('<sip:10.0.0.1>') }, 'contact'],
    ['Contact of a 486', { status: 486, headers: contact('<sip:10.0.0.1>') }, 'contact'],
    ['Record-Route of a request', { headers: recorded('<sip:10.0.0.1;lr>') }, 'record-route'],
    ['Record-Route that is none', { headers: recorded('<<>') }, 'record-route'],
  ];
  it.each(broken)('%s', (_what, parts, row) => {
    expect(rowsOf(parts)).toEqual([row]);
  });

  it('a Record-Route of a response that the request did not have', () => {
    const parts = { status: 200, headers: recorded('<sip:p1.example.com;lr>, <sip:10.0.0.1;lr>') };
    expect(rowsOf(parts, { ...own, dialogEchoes: ['<sip:p1.example.com;lr>'] })).toEqual([
      'record-route',
    ]);
  });

  it('tells where, what, and what was wanted', () => {
    expect(guardFindings(messageOf({ headers: contact('<sip:me@10.0.0.1>') }), own)).toEqual([
      { row: 'contact', where: 'Contact', told: '<sip:me@10.0.0.1>', wanted: '203.0.113.50:5060' },
    ]);
  });
});

describe('header fields that are exempt', () => {
  const fine: readonly [string, Parts][] = [
    ['our own Via', {}],
    ['the usual port left out', { via: 'SIP/2.0/UDP 203.0.113.50;branch=z9hG4bK1' }],
    ['Via of a configured name', { via: 'SIP/2.0/UDP GW.example.com:5070;branch=z9hG4bK1' }],
    ['a peer below our Via', { via: `${ownVia}, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0` }],
    ['the whole Via stack of a response', { status: 200, via: 'SIP/2.0/UDP 10.0.0.1;branch=x' }],
    [
      'our Contact',
      { headers: contact('"Us" <sip:me@203.0.113.50:5060;transport=udp>;expires=60') },
    ],
    ['our Contact bare', { headers: contact('sip:me@203.0.113.50;expires=60') }],
    ['Contact of a configured name', { headers: contact('<sip:gw.example.com>') }],
    ['maddr that is ours', { headers: contact('<sip:x.example.net;maddr=203.0.113.50>') }],
    ['a star in REGISTER', { method: 'REGISTER', headers: contact('*') }],
    ['Contact of a 302', { status: 302, headers: contact('<sip:new@10.0.0.1>') }],
    ['Contact of a 485', { status: 485, headers: contact('<sip:one@10.0.0.1>') }],
    [
      'bindings of a client',
      { method: 'REGISTER', status: 200, headers: contact('<sip:10.0.0.1>') },
    ],
    ['our Record-Route', { headers: recorded('<sip:203.0.113.50:5060;lr>') }],
    [
      'Record-Route repeated in a response',
      { status: 200, headers: recorded('<sip:10.0.0.1;lr>') },
    ],
  ];
  it.each(fine)('%s', (_what, parts) => {
    expect(rowsOf(parts)).toEqual([]);
  });

  it('a Record-Route of the request, when its values are given', () => {
    const identity = { ...own, dialogEchoes: ['<sip:10.0.0.1;lr>'] };
    expect(rowsOf({ status: 200, headers: recorded('<sip:10.0.0.1;lr>') }, identity)).toEqual([]);
  });

  it('IPv6 in another spelling', () => {
    const identity = { ...own, advertised: { host: '2001:db8::5', port: 5060 } };
    const via = 'SIP/2.0/UDP [2001:db8:0:0::5]:5060;branch=z9hG4bK1';
    expect(rowsOf({ via, headers: contact('<sip:[2001:DB8::5]>') }, identity)).toEqual([]);
  });
});

const session = (...lines: readonly string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 10.1.1.1', 's=-', ...lines, ''].join('\r\n');
const ours = 'c=IN IP4 203.0.113.50';
const audio = 'm=audio 4000 RTP/AVP 0';
const candidate = 'a=candidate:1 1 udp 2130706431';

const withSdp = (body: string, type = 'application/sdp'): Parts => ({ type, body });

describe('session descriptions that tell another host', () => {
  const broken: readonly [string, readonly string[], readonly string[]][] = [
    ['c= of the session', ['c=IN IP4 10.0.0.9', 't=0 0'], ['sdp-connection']],
    [
      'and every stream that it holds for',
      ['c=IN IP4 10.0.0.9', audio],
      ['sdp-connection', 'sdp-media'],
    ],
    ['c= of a stream', [ours, audio, 'c=IN IP4 10.0.0.9'], ['sdp-connection', 'sdp-media']],
    ['c= of IPv6', [ours, audio, 'c=IN IP6 fd00::9'], ['sdp-connection', 'sdp-media']],
    ['c= with a TTL', [ours, audio, 'c=IN IP4 233.252.0.1/127'], ['sdp-connection', 'sdp-media']],
    [
      'c= of an unknown name',
      [ours, audio, 'c=IN IP4 media.example.net'],
      ['sdp-connection', 'sdp-media'],
    ],
    ['a stream with no c= at all', [audio], ['sdp-media']],
    [
      'the second of two c=',
      [ours, audio, ours, 'c=IN IP4 10.0.0.9'],
      ['sdp-connection', 'sdp-media'],
    ],
    ['a=rtcp', [ours, audio, 'a=rtcp:4001 IN IP4 10.0.0.9'], ['sdp-rtcp']],
    ['a host candidate', [ours, audio, `${candidate} 10.0.0.9 4000 typ host`], ['sdp-candidate']],
    [
      'a relayed candidate',
      [ours, audio, `${candidate} 10.0.0.9 4000 typ relay raddr 0.0.0.0 rport 0`],
      ['sdp-candidate'],
    ],
    [
      'raddr',
      [ours, audio, `${candidate} 203.0.113.50 4000 typ srflx raddr 10.0.0.9 rport 4000`],
      ['sdp-candidate'],
    ],
    [
      'raddr after extensions',
      [ours, audio, `${candidate} 203.0.113.50 4000 typ srflx x y RADDR 10.0.0.9`],
      ['sdp-candidate'],
    ],
    [
      'raddr without a value',
      [ours, audio, `${candidate} 203.0.113.50 4000 typ srflx raddr`],
      ['sdp-candidate'],
    ],
    [
      'a candidate of a refused stream',
      [ours, 'm=audio 0 RTP/AVP 0', `${candidate} 10.0.0.9 4000 typ host`],
      ['sdp-candidate'],
    ],
  ];
  it.each(broken)('%s', (_what, lines, rows) => {
    expect(rowsOf(withSdp(session(...lines)))).toEqual(rows);
  });

  it('names the stream', () => {
    const body = session(ours, audio, audio, 'a=rtcp:9 IN IP4 10.0.0.9');
    const [finding] = guardFindings(messageOf(withSdp(body)), own);
    expect(finding).toEqual({
      row: 'sdp-rtcp',
      where: 'a=rtcp of stream 2',
      told: '10.0.0.9',
      wanted: '203.0.113.50 or 203.0.113.51',
    });
  });

  const unreadable: readonly [string, readonly string[]][] = [
    ['no "="', ['hello']],
    ['a blank before the type', [' c=IN IP4 203.0.113.50']],
    ['a type in capitals', ['C=IN IP4 203.0.113.50']],
    ['a blank before "="', ['c =IN IP4 203.0.113.50']],
    ['two blanks', ['c=IN  IP4 203.0.113.50']],
    ['another network', ['c=ATM NSAP 203.0.113.50']],
    ['another family', ['c=IN IP5 203.0.113.50']],
    ['c= without an address', ['c=IN IP4']],
    ['c= with more', ['c=IN IP4 203.0.113.50 10.0.0.9']],
    ['IPv6 that says it is IPv4', ['c=IN IP4 2001:db8::1']],
    ['m= without a port', ['m=audio RTP/AVP 0']],
    ['m= with a port too great', ['m=audio 70000 RTP/AVP 0']],
    ['m= without a format', ['m=audio 4000 RTP/AVP']],
    ['a=rtcp without a port', ['a=rtcp:']],
    ['a=rtcp with half an address', ['a=rtcp:4001 IN IP4']],
    ['an attribute in capitals', ['a=RTCP:4001 IN IP4 203.0.113.50']],
    ['a blank before the name', ['a= candidate:1 1 udp 1 203.0.113.50 4000 typ host']],
    ['a blank after the name', ['a=candidate :1 1 udp 1 203.0.113.50 4000 typ host']],
    ['a candidate without a type', [`${candidate} 203.0.113.50 4000`]],
    ['a line within a line', ['a=x\rc=IN IP4 203.0.113.50']],
    ['a zero byte', ['a=x\u0000y']],
  ];
  it.each(unreadable)('cannot be read: %s', (_what, lines) => {
    expect(rowsOf(withSdp(session(ours, ...lines)))).toContain('sdp-unreadable');
  });
});

describe('session descriptions that are exempt', () => {
  const fine: readonly [string, readonly string[]][] = [
    ['our hosts, the second one for a stream', [ours, audio, 'c=IN IP4 203.0.113.51']],
    ['o= says what it likes', [ours, audio]],
    ['nowhere: a hold of old', ['c=IN IP4 0.0.0.0', audio]],
    ['nowhere in IPv6', ['c=IN IP6 ::', audio]],
    ['a refused stream', [ours, 'm=video 0 RTP/AVP 0', 'c=IN IP4 10.0.0.9']],
    ['a refused stream without any c=', ['m=video 0 RTP/AVP 0']],
    ['no stream', ['t=0 0']],
    ['a configured name', ['c=IN IP4 gw.example.com', audio]],
    ['a=rtcp with a port alone', [ours, audio, 'a=rtcp:4001', 'a=rtcp-mux', 'a=rtcp-fb:* nack']],
    ['a=rtcp of ours', [ours, audio, 'a=rtcp:4001 IN IP4 203.0.113.50']],
    ['a=rtcp nowhere', [ours, audio, 'a=rtcp:9 IN IP4 0.0.0.0']],
    [
      'our candidates',
      [ours, audio, `${candidate} 203.0.113.50 4000 typ srflx raddr 0.0.0.0 rport 9 generation 0`],
    ],
    ['what the peer offered', [ours, audio, 'a=remote-candidates:1 10.0.0.9 4000']],
    ['blanks at the end of a line', [`${ours} `, `${audio}  `]],
    ['an empty line', [ours, audio, '']],
    ['letters beyond ASCII', ['i=\u00e4\u00f6\u00fc', ours, audio]],
  ];
  it.each(fine)('%s', (_what, lines) => {
    expect(rowsOf(withSdp(session(...lines)))).toEqual([]);
  });

  it('lines that end in LF alone are read like others', () => {
    const body = session(ours, audio);
    expect(rowsOf(withSdp(body.replaceAll('\r', '')))).toEqual([]);
    const foreign = session('c=IN IP4 10.0.0.9', audio).replaceAll('\r', '');
    expect(rowsOf(withSdp(foreign))).toEqual(['sdp-connection', 'sdp-media']);
  });

  it('the advertised host is all, where no media hosts are named apart', () => {
    const alone = { ...own, mediaHosts: ['203.0.113.50'] };
    expect(rowsOf(withSdp(session('c=IN IP4 203.0.113.51')), alone)).toEqual(['sdp-connection']);
  });

  it("'any' looks at headers only", () => {
    const identity = { ...own, mediaHosts: 'any' } as const;
    const parts = { ...withSdp('c=IN IP4 10.0.0.9'), headers: contact('<sip:10.0.0.1>') };
    expect(rowsOf(parts, identity)).toEqual(['contact']);
  });
});

const part = (body: string, ...head: readonly string[]): string =>
  ['--b1', ...head, '', body].join('\r\n');

describe('where a session description may hide', () => {
  const foreign = session('c=IN IP4 10.0.0.9');
  const clean = session(ours, audio);
  const sdpType = 'Content-Type: application/sdp';
  const mixed = 'multipart/mixed;boundary="b1"';
  const isup = part('xyz', 'Content-Type: application/isup');

  it.each<readonly [string, string, string, readonly string[]]>([
    [
      'a parameter and capitals in the type',
      'Application/SDP;charset=utf-8',
      foreign,
      ['sdp-connection'],
    ],
    ['a second type after a comma', 'application/sdp, text/plain', foreign, ['sdp-connection']],
    ['a part', mixed, `${isup}\r\n${part(foreign, sdpType)}\r\n--b1--`, ['sdp-connection']],
    ['a part without the closing line', mixed, part(foreign, sdpType), ['sdp-connection']],
    [
      'a part with a folded type',
      mixed,
      part(foreign, 'content-type:', ' application/sdp'),
      ['sdp-connection'],
    ],
    ['a part without a type', mixed, part(foreign, 'X: y'), ['sdp-connection']],
    [
      'a part without its empty line',
      mixed,
      `--b1\r\n${sdpType}\r\n${foreign}`,
      ['sdp-unreadable'],
    ],
    [
      'a part within a part',
      mixed,
      part(
        `--b2\r\n${sdpType}\r\n\r\n${foreign}\r\n--b2--`,
        'Content-Type: multipart/alternative;boundary=b2',
      ),
      ['sdp-connection'],
    ],
    [
      'a part in base64',
      mixed,
      part('dj0w', sdpType, 'Content-Transfer-Encoding: base64'),
      ['sdp-unreadable'],
    ],
    ['parts without a boundary', 'multipart/mixed', clean, ['sdp-unreadable']],
    ['parts that are not there', mixed, clean, ['sdp-unreadable']],
    [
      'candidates on their own',
      'application/trickle-ice-sdpfrag',
      `m=audio 9 RTP/AVP 0\r\n${candidate} 10.0.0.9 4000 typ host\r\n`,
      ['sdp-candidate'],
    ],
  ])('%s', (_what, type, body, rows) => {
    expect(rowsOf(withSdp(body, type))).toEqual(rows);
  });

  it('a compressed one cannot be read', () => {
    const parts = { ...withSdp('\u001f\u008b'), headers: [['e', 'gzip']] as const };
    expect(rowsOf(parts)).toEqual(['sdp-unreadable']);
  });

  it('no type at all', () => {
    expect(rowsOf({ body: foreign })).toEqual(['sdp-connection']);
    expect(rowsOf({ body: 'hello 10.0.0.9' })).toEqual([]);
  });

  it.each([
    [
      'clean parts',
      mixed,
      `${isup}\r\n${part(clean, sdpType, 'Content-Transfer-Encoding: 8bit')}\r\n--b1--`,
    ],
    ['another body', 'message/sipfrag', 'SIP/2.0 200 OK\r\nContact: <sip:10.0.0.9>'],
    ['a name that only begins alike', 'application/sdp-like', foreign],
    [
      'clean candidates',
      'application/trickle-ice-sdpfrag',
      `${audio}\r\n${candidate} 203.0.113.50 4000 typ host\r\n`,
    ],
  ])('%s may go', (_what, type, body) => {
    expect(rowsOf(withSdp(body, type))).toEqual([]);
  });

  it('parts within parts within parts within parts are refused', () => {
    const nest = (depth: number): string =>
      depth === 0
        ? `${sdpType}\r\n\r\n${clean}`
        : `Content-Type: multipart/mixed;boundary=d${depth}\r\n\r\n--d${depth}\r\n${nest(depth - 1)}\r\n--d${depth}--`;
    const wrap = (depth: number): Parts => ({
      type: `multipart/mixed;boundary=d${depth}`,
      body: nest(depth).slice(nest(depth).indexOf('\r\n\r\n') + 4),
    });
    expect(rowsOf(wrap(3))).toEqual([]);
    expect(rowsOf(wrap(5))).toEqual(['sdp-unreadable']);
  });
});
