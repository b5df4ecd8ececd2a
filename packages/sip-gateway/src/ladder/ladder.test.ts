import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { privateAddressesIn, readCalls, renderLadder, type CapturedDatagram } from './ladder.ts';

const names = {
  '198.51.100.50': 'Internet peer',
  '203.0.113.50': 'gateway',
  '10.0.1.100': 'VPC client',
};

interface Spoken {
  readonly startLine: string;
  readonly callId: string;
  readonly cseq: string;
  readonly via: string;
  readonly contact?: string;
  readonly from?: string;
  readonly to?: string;
  readonly media?: string;
  readonly lines?: readonly string[];
}

function tuple(text: string): CapturedDatagram['source'] {
  const [address = '', port = ''] = text.split(':');
  return { address, port: Number(port) };
}

function sip(atMs: number, source: string, destination: string, spoken: Spoken): CapturedDatagram {
  const { startLine, callId, cseq, via, contact, from = 'a', to = 'b', media, lines = [] } = spoken;
  const [address, port] = media?.split(':') ?? [];
  const sdp = ['v=0', `o=- 1 1 IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  const body = [...sdp, `m=audio ${port} RTP/AVP 0`, ...lines, ''].join('\r\n');
  const head = [
    startLine,
    `Via: SIP/2.0/UDP ${via};branch=z9hG4bK-${cseq.replace(' ', '')}`,
    `From: <sip:${from}@one.example>;tag=1`,
    `To: <sip:${to}@two.example>`,
    `Call-ID: ${callId}`,
    `CSeq: ${cseq}`,
    ...(contact === undefined ? [] : [`Contact: <sip:${contact}>`]),
    ...(media === undefined ? [] : ['Content-Type: application/sdp']),
  ];
  const text = [...head, `Content-Length: ${media === undefined ? 0 : body.length}`, '', ''].join(
    '\r\n',
  );
  const payload = new TextEncoder().encode(media === undefined ? text : text + body);
  return { atMs, source: tuple(source), destination: tuple(destination), payload };
}

interface Sent {
  readonly count: number;
  readonly sequence?: number;
  readonly type?: number;
  readonly ssrc?: number;
  readonly without?: readonly number[];
}

function rtp(atMs: number, source: string, destination: string, sent: Sent): CapturedDatagram[] {
  const { count, sequence = 65_530, type = 0, ssrc = 0xca11, without = [] } = sent;
  return Array.from({ length: count }, (_, index) => index)
    .filter((index) => !without.includes(index))
    .map((index) => {
      const payload = new Uint8Array(172);
      const view = new DataView(payload.buffer);
      view.setUint8(0, 0x80);
      view.setUint8(1, type);
      view.setUint16(2, (sequence + index) & 0xffff);
      view.setUint32(8, ssrc);
      return {
        atMs: atMs + index * 20,
        source: tuple(source),
        destination: tuple(destination),
        payload,
      };
    });
}

const peer = '198.51.100.50:5060';
const gateway = '203.0.113.50:5060';
const client = '10.0.1.100:5060';

/** A call of the Internet into the VPC; `told` is what the gateway tells the Internet of its media. */
function call(told = '203.0.113.50:16384', contact = gateway): CapturedDatagram[] {
  const a = { callId: 'one@peer', cseq: '1 INVITE', via: peer };
  const b = { callId: 'two@gateway', cseq: '7 INVITE', via: gateway };
  const invite: Spoken = {
    ...a,
    startLine: `INVITE sip:office@${gateway} SIP/2.0`,
    contact: peer,
    media: '198.51.100.50:40000',
  };
  return [
    sip(1000, peer, gateway, invite),
    sip(1500, peer, gateway, invite),
    sip(1501, gateway, peer, { ...a, startLine: 'SIP/2.0 100 Trying' }),
    sip(1505, gateway, client, {
      ...b,
      startLine: `INVITE sip:office@${client} SIP/2.0`,
      contact: gateway,
      media: '203.0.113.50:16386',
    }),
    sip(1600, client, gateway, {
      ...b,
      startLine: 'SIP/2.0 200 OK',
      contact: client,
      media: '10.0.1.100:6000',
      lines: ['a=rtcp:6005'],
    }),
    sip(1602, gateway, client, { ...b, startLine: `ACK sip:${client} SIP/2.0`, cseq: '7 ACK' }),
    sip(1603, gateway, peer, { ...a, startLine: 'SIP/2.0 200 OK', contact, media: told }),
    sip(1610, peer, gateway, { ...a, startLine: `ACK sip:${gateway} SIP/2.0`, cseq: '1 ACK' }),
    ...rtp(1620, '198.51.100.50:40000', told, { count: 10, without: [7] }),
    ...rtp(1621, '203.0.113.50:16386', '10.0.1.100:6000', { count: 10 }),
    ...rtp(1640, '203.0.113.50:16384', '198.51.100.50:40000', { count: 10, ssrc: 0xb }),
    sip(1900, peer, gateway, { ...a, startLine: `BYE sip:${gateway} SIP/2.0`, cseq: '2 BYE' }),
    sip(1901, gateway, peer, { ...a, startLine: 'SIP/2.0 200 OK', cseq: '2 BYE' }),
  ];
}

/** A leg that the gateway begins. */
function onward(to: string): CapturedDatagram {
  return sip(5, gateway, client, {
    callId: 'three',
    cseq: '1 INVITE',
    via: gateway,
    startLine: 'INVITE sip:b@y SIP/2.0',
    to,
  });
}

describe('a ladder', () => {
  it('shows both legs of a back-to-back user agent side by side', () => {
    expect(`\n${renderLadder(call(), { names }).join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Call 1: INVITE sip:office@203.0.113.50:5060, BYE from Internet peer at 0.900 s
        Call-ID one@peer
        Call-ID two@gateway

                 Internet peer                           gateway                             VPC client
                 198.51.100.50                         203.0.113.50                          10.0.1.100
                       │                                    │                                    │
         0.000         │ 5060 ─── INVITE (SDP) ×2 ───► 5060 │                                    │
                       │ last at 0.500                      │                                    │
                       │ ✓ Via, Contact 198.51.100.50:5060  │                                    │
                       │ ✓ c=,m=audio 198.51.100.50:40000   │                                    │
         0.501         │ 5060 ◄───── 100 Trying ────── 5060 │                                    │
         0.505         │                                    │ 5060 ──── INVITE (SDP) ─────► 5060 │
                       │                                    │ ✓ Via, Contact 203.0.113.50:5060   │
                       │                                    │ ✓ c=,m=audio 203.0.113.50:16386    │
         0.600         │                                    │ 5060 ◄──── 200 OK (SDP) ───── 5060 │
                       │                                    │ ✓ Contact 10.0.1.100:5060          │
                       │                                    │ · c=,m=audio 10.0.1.100:6000       │
                       │                                    │   not seen                         │
                       │                                    │ · a=rtcp 10.0.1.100:6005 not seen  │
         0.602         │                                    │ 5060 ───────── ACK ─────────► 5060 │
                       │                                    │ ✓ Via 203.0.113.50:5060            │
         0.603         │ 5060 ◄──── 200 OK (SDP) ───── 5060 │                                    │
                       │ ✓ Contact 203.0.113.50:5060        │                                    │
                       │ ✓ c=,m=audio 203.0.113.50:16384    │                                    │
         0.610         │ 5060 ───────── ACK ─────────► 5060 │                                    │
                       │ ✓ Via 198.51.100.50:5060           │                                    │
         0.620         │ 40000 ════ RTP 9 PCMU ═════► 16384 │                                    │
                       │ from 198.51.100.50:40000           │                                    │
                       │   ssrc 0000ca11 lost 1 0.180 s     │                                    │
         0.621         │                                    │ 16386 ════ RTP 10 PCMU ═════► 6000 │
                       │                                    │ from 203.0.113.50:16386            │
                       │                                    │   ssrc 0000ca11 lost 0 0.180 s     │
         0.640         │ 40000 ◄════ RTP 10 PCMU ════ 16384 │                                    │
                       │ from 203.0.113.50:16384            │                                    │
                       │   ssrc 0000000b lost 0 0.180 s     │                                    │
         0.900         │ 5060 ───────── BYE ─────────► 5060 │                                    │
                       │ ✓ Via 198.51.100.50:5060           │                                    │
         0.901         │ 5060 ◄──── 200 OK (BYE) ───── 5060 │                                    │
                       │                                    │                                    │
        advertised = observed: ✓ 12, ✗ 0, not seen 2
      "
    `);
  });

  it('marks what the gateway says and nobody sees', () => {
    const lines = renderLadder(call('10.0.1.50:16384', '10.0.1.50:5060'), {
      names,
      legs: 'apart',
      callId: 'one@peer',
      charset: 'ascii',
      isOurs: ({ address }) => address === '203.0.113.50',
    });
    expect(`\n${lines.join('\n')}\n`).toMatchInlineSnapshot(`
      "
      Call 1: INVITE sip:office@203.0.113.50:5060, BYE from Internet peer at 0.900 s
        Call-ID one@peer

                 Internet peer                           gateway                             10.0.1.50
                 198.51.100.50                         203.0.113.50
                       |                                    |                                    |
         0.000         | 5060 --- INVITE (SDP) x2 ---> 5060 |                                    |
                       | last at 0.500                      |                                    |
         0.501         | 5060 <----- 100 Trying ------ 5060 |                                    |
         0.603         | 5060 <---- 200 OK (SDP) ----- 5060 |                                    |
                       | XX Contact 10.0.1.50:5060,         |                                    |
                       |   seen 203.0.113.50:5060           |                                    |
                       | XX c=,m=audio 10.0.1.50:16384,     |                                    |
                       |   seen 203.0.113.50:16384          |                                    |
         0.610         | 5060 --------- ACK ---------> 5060 |                                    |
         0.620         | 40000 ======================= RTP 9 PCMU =======================> 16384 |
                       | from 198.51.100.50:40000 ssrc 0000ca11 lost 1 0.180 s                   |
         0.640         | 40000 <==== RTP 10 PCMU ==== 16384 |                                    |
                       | from 203.0.113.50:16384            |                                    |
                       |   ssrc 0000000b lost 0 0.180 s     |                                    |
         0.900         | 5060 --------- BYE ---------> 5060 |                                    |
         0.901         | 5060 <---- 200 OK (BYE) ----- 5060 |                                    |
                       |                                    |                                    |
        advertised = observed: ok 0, XX 2, not seen 0
      "
    `);
  });

  it('is a list when there are more hosts than columns', () => {
    const hosts = Array.from({ length: 8 }, (_, index) => `192.0.2.${index + 1}:5060`);
    const datagrams = hosts.map((host, index) =>
      sip(index, host, hosts[index + 1] ?? gateway, {
        startLine: `OPTIONS sip:${gateway} SIP/2.0`,
        callId: 'far',
        cseq: '1 OPTIONS',
        via: host,
      }),
    );
    const lines = renderLadder(datagrams);
    expect(lines.slice(3, 5)).toEqual([
      '   0.000 192.0.2.1:5060 ► 192.0.2.2:5060: OPTIONS',
      '           ✓ Via 192.0.2.1:5060',
    ]);
  });

  it('lets nothing of a peer reach the terminal as a command', () => {
    const spoken = {
      startLine: 'SIP/2.0 200 OK\u202e reversed',
      callId: 'x',
      cseq: '1 BYE',
      via: peer,
    };
    const named = { '198.51.100.50': 'a\u001b]0;owned\u0007' };
    const text = renderLadder([sip(0, peer, gateway, spoken)], { names: named }).join('\n');
    expect(text).toContain('200 OK? reversed');
    expect(text).toContain('a?]0;owned?');
  });

  it('says what it could not read of a call, cut by the capture', () => {
    const [invite, ...rest] = call();
    if (invite === undefined) throw new Error('no INVITE');
    const cut = { ...invite, payload: invite.payload.subarray(0, invite.payload.length - 9) };
    expect(renderLadder([cut, ...rest], { legs: 'apart' })).toContainEqual(
      expect.stringMatching(
        /^ {2}✗ unreadable at -0.\d+, 198.51.100.50:5060 ► 203.0.113.50:5060: BodyTooShort: /,
      ),
    );
    expect(renderLadder([cut])[0]).toBe(
      'Call 1: nothing of it can be read, no final response seen',
    );
  });

  it('names the Call-IDs that there are when there is none of that name', () => {
    expect(renderLadder(call(), { callId: 'nonesuch' })).toEqual([
      'No call has the Call-ID nonesuch. These have:',
      'one@peer',
      'two@gateway',
    ]);
  });

  it('says so when there is no call', () => {
    expect(renderLadder(rtp(0, peer, client, { count: 3 }))).toEqual([
      'No SIP message in 3 datagrams.',
    ]);
  });
});

describe('the calls in a capture', () => {
  it('counts repetitions, and loss across the turn of the sequence numbers', () => {
    const [first] = readCalls(call(), { names });
    expect(first?.callIds).toEqual(['one@peer', 'two@gateway']);
    expect(first?.rows[0]).toMatchObject({ kind: 'message', times: 2, atMs: 1000, lastAtMs: 1500 });
    const media = first?.rows.filter((row) => row.kind === 'media') ?? [];
    expect(media.map(({ packets, lost }) => [packets, lost])).toEqual([
      [9, 1],
      [10, 0],
      [10, 0],
    ]);
  });

  it('begins a row anew after a pause, and keeps events within their stream', () => {
    const tone = { count: 5, sequence: 100 };
    const [first] = readCalls([
      ...call().slice(0, 8),
      ...rtp(2000, '198.51.100.50:40000', '203.0.113.50:16384', tone),
      ...rtp(2100, '198.51.100.50:40000', '203.0.113.50:16384', {
        count: 3,
        sequence: 105,
        type: 101,
      }),
      ...rtp(9000, '198.51.100.50:40000', '203.0.113.50:16384', { count: 2, sequence: 108 }),
    ]);
    const media = first?.rows.filter((row) => row.kind === 'media') ?? [];
    expect(media.map(({ atMs, packets, lost }) => [atMs, packets, lost])).toEqual([
      [2000, 8, 0],
      [9000, 2, 0],
    ]);
    expect(media[0]?.payloads.map(({ payloadType, packets }) => [payloadType, packets])).toEqual([
      [0, 5],
      [101, 3],
    ]);
  });

  it('holds a tuple against the media of its own sender, wherever that comes from', () => {
    const wrong = call().map((each) =>
      each.source.port === 16384 ? { ...each, source: tuple('203.0.113.7:31337') } : each,
    );
    const told = readCalls(wrong, { names: { ...names, '203.0.113.7': 'gateway' } })
      .flatMap(({ rows }) => rows.flatMap((row) => (row.kind === 'message' ? row.told : [])))
      .filter(({ verdict }) => verdict === 'different');
    expect(told).toEqual([
      {
        where: 'c=,m=',
        media: 'audio',
        advertised: tuple('203.0.113.50:16384'),
        observed: tuple('203.0.113.7:31337'),
        verdict: 'different',
      },
    ]);
  });

  it('does not blame a proxy for what it passes on', () => {
    const proxy = '192.0.2.9:5060';
    const spoken = {
      callId: 'p',
      cseq: '1 INVITE',
      contact: peer,
      media: '198.51.100.50:40000',
      startLine: 'INVITE sip:b@x SIP/2.0',
    };
    const [first] = readCalls([
      sip(0, peer, proxy, { ...spoken, via: peer }),
      sip(1, proxy, client, { ...spoken, via: proxy }),
    ]);
    const told = first?.rows.map((row) =>
      row.kind === 'message' ? row.told.map(({ where }) => where) : [],
    );
    expect(told).toEqual([['Via', 'Contact', 'c=,m='], ['Via']]);
  });

  it('tells calls apart that share a media port at once, or one after the other', () => {
    const other = call('203.0.113.50:17000').map((each) => {
      const [from, to] = [each.source.port, each.destination.port];
      const text = new TextDecoder('latin1').decode(each.payload);
      const renamed = text
        .replaceAll('one@peer', 'three@peer')
        .replaceAll('two@gateway', 'four@gateway');
      const moved = renamed.replace('m=audio 16386', 'm=audio 17002');
      const isSip = from === 5060;
      return {
        atMs: each.atMs + 7,
        source: { ...each.source, port: from === 16384 ? 17000 : from === 16386 ? 17002 : from },
        destination: { ...each.destination, port: to === 16384 ? 17000 : to },
        payload: isSip ? new TextEncoder().encode(moved) : each.payload,
      };
    });
    const later = other.map((each) => ({ ...each, atMs: each.atMs + 1_500 }));
    for (const second of [other, later]) {
      const told = readCalls([...call(), ...second], { legs: 'apart' }).flatMap(({ rows }) =>
        rows.flatMap((row) => (row.kind === 'message' ? row.told : [])),
      );
      expect(told.filter(({ verdict }) => verdict === 'different')).toEqual([]);
      expect(told.filter(({ verdict }) => verdict === 'same')).toHaveLength(24);
    }
  });

  it('does not guess which legs are of one call', () => {
    const invites = ['one', 'two'].map((callId, at) =>
      sip(at, peer, gateway, {
        callId,
        cseq: '1 INVITE',
        via: peer,
        startLine: 'INVITE sip:b@x SIP/2.0',
        from: 'a',
        to: callId,
      }),
    );
    const groups = (to: string): unknown =>
      readCalls([...invites, onward(to)]).map(({ callIds }) => callIds);
    expect(groups('nobody')).toEqual([['one'], ['two'], ['three']]);
    expect(groups('two')).toEqual([['one'], ['two', 'three']]);
  });

  it('sees a capture from within the VPC as the Internet sees it', () => {
    const inside = call().map((each) => ({
      ...each,
      source:
        each.source.address === '203.0.113.50' && each.destination.address === '198.51.100.50'
          ? { ...each.source, address: '10.0.2.128' }
          : each.source,
      destination:
        each.destination.address === '203.0.113.50' && each.source.address === '198.51.100.50'
          ? { ...each.destination, address: '10.0.2.128' }
          : each.destination,
    }));
    const publicAddresses = { '10.0.2.128': '203.0.113.50' };
    expect(readCalls(inside, { publicAddresses })).toEqual(readCalls(call()));
    expect(readCalls(inside)).not.toEqual(readCalls(call()));
  });

  property.prop([
    fc.array(
      fc.record({
        atMs: fc.nat(10_000),
        source: fc
          .constantFrom(peer, gateway, client, '198.51.100.50:40000', '203.0.113.50:16384')
          .map(tuple),
        destination: fc
          .constantFrom(peer, gateway, client, '10.0.1.100:6000', '203.0.113.50:16386')
          .map(tuple),
        payload: fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.constantFrom(...call().map(({ payload }) => payload)),
          fc
            .tuple(fc.constantFrom(...call().map(({ payload }) => payload)), fc.nat(), fc.nat(255))
            .map(([whole, at, byte]) => whole.with(at % whole.length, byte)),
        ),
      }),
      { maxLength: 40 },
    ),
    fc.integer({ min: 60, max: 140 }),
  ])('are drawn within the width, whatever they say', (datagrams, width) => {
    for (const line of renderLadder(datagrams, { names, width })) {
      expect(Array.from(line).length).toBeLessThanOrEqual(width);
    }
  });
});

describe('private addresses', () => {
  const ours = sip(0, gateway, peer, {
    startLine: 'INVITE sip:b@198.51.100.50 SIP/2.0',
    callId: 'x@[fd00::1]',
    cseq: '1 INVITE',
    via: '100.64.0.1:5060',
    contact: '203.0.113.50:5060',
    media: '192.168.1.1:4000',
    lines: [
      'a=candidate:1 1 UDP 1 203.0.113.50 4000 typ srflx raddr 172.16.0.9 rport 4000',
      'a=x:110.0.0.1',
    ],
  });

  it('are found wherever a message says one', () => {
    expect(privateAddressesIn(ours)).toEqual([
      { address: '100.64.0.1', where: 'via' },
      { address: 'fd00::1', where: 'call-id' },
      { address: '192.168.1.1', where: 'o=' },
      { address: '192.168.1.1', where: 'c=' },
      { address: '172.16.0.9', where: 'a=' },
    ]);
  });

  it('are exempt where the peer wrote them, but never in a session description', () => {
    const found = privateAddressesIn(ours, { echoed: [ours] });
    expect(found.map(({ where }) => where)).toEqual(['o=', 'c=', 'a=']);
    const theirs = sip(0, peer, gateway, {
      startLine: 'SIP/2.0 200 OK',
      callId: 'x',
      cseq: '1 BYE',
      via: peer,
      contact: '10.9.9.9:5060',
    });
    const bye = sip(1, gateway, peer, {
      startLine: 'BYE sip:10.9.9.9:5060 SIP/2.0',
      callId: 'x',
      cseq: '1 BYE',
      via: gateway,
      contact: '10.9.9.9:5060',
    });
    expect(privateAddressesIn(bye, { echoed: [theirs] }).map(({ where }) => where)).toEqual([]);
    expect(privateAddressesIn(bye).map(({ where }) => where)).toEqual(['request line', 'contact']);
  });

  it('are not looked for in media', () => {
    expect(rtp(0, peer, gateway, { count: 1 }).flatMap((each) => privateAddressesIn(each))).toEqual(
      [],
    );
  });
});
