import { expect, it } from 'vitest';
import { advertisedTuples } from './advertised-tuples.ts';
import { parseMessage } from './parse-message.ts';

function told(lines: readonly string[], sdp: readonly string[] = []): readonly string[] {
  const head = [
    'INVITE sip:b@198.51.100.9 SIP/2.0',
    'Via: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK1',
    'From: <sip:a@10.0.0.2>;tag=1',
    'To: <tel:+1555>',
    'Call-ID: x@10.0.0.3',
    'CSeq: 1 INVITE',
    ...lines,
  ];
  const text = `${head.join('\r\n')}\r\n\r\n${sdp.map((line) => `${line}\r\n`).join('')}`;
  const parsed = parseMessage(new TextEncoder().encode(text));
  if (parsed.kind !== 'message') throw new Error(parsed.kind);
  return advertisedTuples(parsed.message).map(
    ({ kind, position, host, port }) => `${kind} ${position} ${host} ${port ?? '-'}`,
  );
}

const always = ['via 0 10.0.0.1 5060', 'from 0 10.0.0.2 -', 'call-id 0 10.0.0.3 -'];

it('lists what the header fields say, several values apart', () => {
  expect(
    told([
      'v: SIP/2.0/UDP [2001:db8::1]:5070, SIP/2.0/UDP edge.example',
      'm: <sip:a@192.0.2.1:5062;transport=udp>, sip:c@192.0.2.2',
      'Record-Route: <sip:192.0.2.3;lr>,<sip:[2001:db8::3]:5061;lr>',
    ]),
  ).toEqual([
    ...always,
    'via 1 2001:db8::1 5070',
    'via 2 edge.example -',
    'contact 0 192.0.2.1 5062',
    'contact 1 192.0.2.2 -',
    'record-route 0 192.0.2.3 -',
    'record-route 1 2001:db8::3 5061',
  ]);
});

const sdp = [
  'v=0',
  'o=- 1 1 IN IP4 10.1.0.1',
  's=-',
  'c=IN IP4 10.1.0.2/127',
  't=0 0',
  'm=audio 40000 RTP/AVP 0',
  'a=rtcp:40001',
  'm=video 40002/2 RTP/AVP 31',
  'c=IN IP6 2001:db8::5',
  'a=rtcp:40005 IN IP6 2001:db8::6',
  'a=candidate:1 1 UDP 2130706431 10.1.0.7 40006 typ host',
  'a=candidate:2 1 UDP 1694498815 192.0.2.7 40007 typ srflx raddr 10.1.0.8 rport 40008',
  'm=image 0 udptl t38',
];

it('lists what the session description says, each m= with the address that holds for it', () => {
  expect(told(['Content-Type: Application/SDP;charset=utf-8'], sdp).slice(3)).toEqual([
    'sdp-origin 0 10.1.0.1 -',
    'sdp-connection 0 10.1.0.2 -',
    'sdp-media 0 10.1.0.2 40000',
    'sdp-rtcp 0 10.1.0.2 40001',
    'sdp-media 1 2001:db8::5 40002',
    'sdp-connection 1 2001:db8::5 -',
    'sdp-rtcp 1 2001:db8::6 40005',
    'sdp-candidate 0 10.1.0.7 40006',
    'sdp-candidate 1 192.0.2.7 40007',
    'sdp-candidate-related 0 10.1.0.8 40008',
    'sdp-media 2 10.1.0.2 0',
  ]);
});

it('looks into a part of several, as SIPREC sends them', () => {
  const parts = [
    'preamble c=IN IP4 10.9.9.9',
    '--part-1',
    'Content-Type: application/sdp',
    '',
    ...sdp.slice(0, 6),
    '--part-1',
    'Content-Type: application/rs-metadata+xml',
    '',
    '<c/>',
    '--part-1--',
  ];
  expect(told(['Content-Type: multipart/mixed; boundary="part-1"'], parts).slice(3)).toEqual([
    'sdp-origin 0 10.1.0.1 -',
    'sdp-connection 0 10.1.0.2 -',
    'sdp-media 0 10.1.0.2 40000',
  ]);
});

it('reads no address out of a body of another type', () => {
  expect(told(['Content-Type: text/plain'], sdp)).toEqual(always);
  expect(told([], sdp)).toEqual(always);
});

it('reads nothing out of what is cut or senseless', () => {
  expect(
    told(
      ['c: application/sdp'],
      ['c=', 'm=', 'o=- 1', 'a=rtcp:', 'a=candidate:1 1 UDP', 'm=audio x'],
    ),
  ).toEqual(always);
});
