import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import { addressesIn, strangersIn } from './addresses-in.ts';
import { describeForLeg, newLegSession } from './describe-for-leg.ts';
import { parseSessionDescription } from './session-description.ts';

const own = '203.0.113.50' as Ipv4Address;
const at = (port: number): { address: Ipv4Address; port: number } => ({ address: own, port });

const webrtcLike = `v=0
o=- 20518 18446744073709551615 IN IP4 192.168.1.7
s=call with 192.168.1.7
i=from 10.1.1.1
u=http://10.1.1.1/
c=IN IP4 192.168.1.7
b=AS:256
t=0 0
a=group:BUNDLE 0 1
a=ice-lite
a=X-nat:192.168.1.7
m=audio 54400 RTP/SAVPF 0 96
c=IN IP4 198.51.100.50
a=rtcp:54401 IN IP4 198.51.100.50
a=rtpmap:0 PCMU/8000
a=rtpmap:96 opus/48000/2
a=fmtp:96 minptime=10; useinbandfec=1
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32
a=fingerprint:sha-1 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:62:C9:9A
a=ice-ufrag:F7gI
a=ice-pwd:x9cml/YzichV2+XlhiMu8g
a=candidate:0 1 UDP 2113667327 198.51.100.50 54400 typ host
a=candidate:1 1 UDP 1694302207 198.51.100.50 54400 typ srflx raddr 192.168.1.7 rport 54400
a=candidate:2 1 UDP 2113667326 fe80::1 54400 typ host
a=ssrc:1 cname:me@192.168.1.7
a=alt:1 2 : x y 192.168.1.7 4000
a=ptime:20
a=sendonly
m=application 9 TCP/MSRP 192.168.1.7
`;

describe('one description for the other leg', () => {
  const description = parseSessionDescription(webrtcLike);
  const { text } = describeForLeg(newLegSession('77'), description, { own, streams: [at(16384)] });

  it('is this, to the letter', () => {
    expect(text.split('\r\n')).toEqual([
      'v=0',
      'o=- 77 1 IN IP4 203.0.113.50',
      's=-',
      'c=IN IP4 203.0.113.50',
      'b=AS:256',
      't=0 0',
      'm=audio 16384 RTP/SAVPF 0 96',
      'a=rtpmap:0 PCMU/8000',
      'a=rtpmap:96 opus/48000/2',
      'a=fmtp:96 minptime=10; useinbandfec=1',
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32',
      'a=fingerprint:sha-1 49:66:12:17:0D:1C:91:AE:57:4C:C6:36:DD:D5:97:D2:7D:62:C9:9A',
      'a=ptime:20',
      'a=rtcp:16385',
      'a=sendonly',
      'm=application 0 TCP/MSRP 0',
      '',
    ]);
  });

  it('tells our address alone, where the original told many', () => {
    expect(new Set(addressesIn(webrtcLike).map(({ address }) => address))).toEqual(
      new Set(['192.168.1.7', '10.1.1.1', '198.51.100.50', 'fe80::1']),
    );
    expect(strangersIn(text, [own])).toEqual([]);
    expect(strangersIn(webrtcLike, ['198.51.100.50', '10.1.1.1', 'fe80::1'])).toContainEqual({
      address: '192.168.1.7',
      where: 'a=X-nat',
    });
  });
});

it('a hold by c=0.0.0.0 becomes a direction, with our address', () => {
  const held = parseSessionDescription(
    'v=0\no=- 1 1 IN IP4 1.2.3.4\ns=-\nc=IN IP4 0.0.0.0\nt=0 0\nm=audio 4000 RTP/AVP 0\n',
  );
  const { text } = describeForLeg(newLegSession('1'), held, { own, streams: [at(16384)] });
  expect(text).toContain('c=IN IP4 203.0.113.50\r\n');
  expect(text).toContain('a=sendonly\r\n');
});

const inline = 'inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20|1:32';
const fingerprint = (name: string, bytes: number): string =>
  `a=fingerprint:${name} ${Array(bytes).fill('4A').join(':')}`;
const write = (sessionLines: readonly string[], mediaLines: readonly string[]): string[] => {
  const head = ['v=0', 'o=- 1 1 IN IP4 1.2.3.4', 's=-', 'c=IN IP4 1.2.3.4', 't=0 0'];
  const lines = [...head, ...sessionLines, 'm=audio 4000 RTP/SAVPF 0 98', ...mediaLines, ''];
  const description = parseSessionDescription(lines.join('\r\n'));
  const told = describeForLeg(newLegSession('1'), description, { own, streams: [at(16384)] });
  return told.text.split('\r\n');
};

describe('what is not ours to change goes on to the letter', () => {
  it.each([
    `a=crypto:1 F8_128_HMAC_SHA1_80 ${inline} KDR=1 UNENCRYPTED_SRTCP`,
    `a=crypto:2 AES_CM_128_HMAC_SHA1_80 ${inline};${inline} FEC_ORDER=FEC_SRTP UNAUTHENTICATED_SRTP`,
    'a=rtpmap:98 vnd.example+codec/8000',
    'a=rtcp-fb:98 ccm tmmbr smaxpr=120',
    'a=extmap:4/recvonly http://example.com/082005/ext.htm#xmeta long parameter',
    'a=rtcp-mux-only',
    'a=ptime:20.5',
    'a=tls-id:abc3de65cddef001be82',
    'a=T38FaxUdpEC:t38UDPRedundancy',
    'b=X-YZ:128',
    'b=TIAS:64000',
  ])('%s', (line) => {
    expect(write([], [line])).toEqual([...write([], []).slice(0, 6), line, 'a=sendrecv', '']);
  });

  it('the fingerprints of all certificates, and what stands twice', () => {
    const both = [fingerprint('sha-256', 32), fingerprint('sha-1', 20)];
    expect(write(both, [])).toEqual(expect.arrayContaining(both));
    expect(write([], [...both, 'a=msid:a b', 'a=msid:c d'])).toEqual(
      expect.arrayContaining([...both, 'a=msid:a b', 'a=msid:c d']),
    );
  });

  it('and of ICE nothing', () => {
    const ice = ['a=ice-ufrag:F7gI', 'a=ice-options:trickle', 'a=ice-pacing:50', 'a=ice-lite'];
    expect(write(ice, ice)).toEqual(write([], []));
  });
});

it('sess-version grows by one with every change and stays when nothing changed', () => {
  const one = parseSessionDescription(webrtcLike);
  const streams = [at(16384)];
  const first = describeForLeg(newLegSession('5'), one, { own, streams });
  const again = describeForLeg(first.session, one, { own, streams });
  const moved = describeForLeg(again.session, one, { own, streams: [at(16386)] });
  expect(again.text).toBe(first.text);
  expect([first, again, moved].map(({ session }) => session.version)).toEqual([1, 1, 2]);
  expect(moved.text).toContain('o=- 5 2 IN IP4');
});

describe('addresses in a text', () => {
  it.each([
    ['a=x:10.0.0.1.', ['10.0.0.1']],
    ['a=x:1.2.3.4.5', []],
    ['a=x:256.1.1.1', []],
    ['a=x:[2001:db8::1]:5060', ['2001:db8::1']],
    ['a=x:::1', ['::1']],
    ['a=x:1:2:3:4:5:6:7:8', ['1:2:3:4:5:6:7:8']],
    ['a=setup:actpass', []],
    ['a=fingerprint:sha-1 49:66:12:17:0D:1C:91:AE:57', []],
    ['a=time:10:20:30', []],
  ])('%s holds %j', (line, addresses) => {
    expect(addressesIn(line).map(({ address }) => address)).toEqual(addresses);
  });
});

const address = fc.ipV4().filter((text) => !/^(0|22[4-9]|2[3-5]\d)\./.test(text));
const stream = fc.record({
  media: fc.constantFrom('audio', 'video'),
  port: fc.integer({ min: 1, max: 65534 }),
  protocol: fc.constantFrom('RTP/AVP', 'RTP/SAVP', 'UDP/TLS/RTP/SAVPF'),
  formats: fc.uniqueArray(fc.integer({ min: 0, max: 127 }), { minLength: 1, maxLength: 6 }),
  connection: fc.option(address, { nil: undefined }),
  attributes: fc.array(
    fc.oneof(
      fc.constantFrom('sendonly', 'inactive', 'rtcp-mux', 'rtcp:4321', 'ptime:20', 'mid:0'),
      address.map((each) => `candidate:1 1 UDP 1 ${each} 9 typ srflx raddr ${each} rport 9`),
      address.map((each) => `rtcp:53020 IN IP4 ${each}`),
      fc
        .tuple(fc.stringMatching(/^[a-z]{1,8}$/), address)
        .map(([name, each]) => `x-${name}:${each}`),
      fc.stringMatching(/^x-[a-z]{1,8}:[ -~]{0,40}$/),
    ),
    { maxLength: 6 },
  ),
});

test.prop([fc.array(stream, { minLength: 1, maxLength: 4 }), address])(
  'what is written reads back as the same streams at our ports, and tells nobody else',
  (generated, session) => {
    const lines = generated.flatMap(
      ({ media, port, protocol, formats, connection, attributes }) => [
        `m=${media} ${port} ${protocol} ${formats.join(' ')}`,
        ...(connection === undefined ? [] : [`c=IN IP4 ${connection}`]),
        ...attributes.map((each) => `a=${each}`),
      ],
    );
    const head = ['v=0', `o=- 1 1 IN IP4 ${session}`, 's=-', `c=IN IP4 ${session}`, 't=0 0'];
    const original = parseSessionDescription([...head, ...lines].join('\r\n'));
    const streams = generated.map((_each, index) => at(20_000 + 2 * index));
    const { text } = describeForLeg(newLegSession('9'), original, { own, streams });
    expect(strangersIn(text, [own])).toEqual([]);
    const read = parseSessionDescription(text);
    expect(read.streams).toEqual(
      original.streams.map((each, index) => ({
        ...each,
        rtp: at(20_000 + 2 * index),
        rtcp: at(20_001 + 2 * index),
      })),
    );
    expect(text.match(/^m=.*$/gm)?.map((line) => line.split(' ').slice(3).join(' '))).toEqual(
      generated.map(({ formats }) => formats.join(' ')),
    );
  },
);
