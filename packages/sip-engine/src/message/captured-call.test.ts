import { expect, it } from 'vitest';
import { advertisedTuples } from './advertised-tuples.ts';
import { parseMessage } from './parse-message.ts';
import { serialiseMessage } from './serialise-message.ts';

/** What sipp 3.6 of Debian 12 sent with its built-in scenario uac, taken from the socket. */
const invite = [
  'INVITE sip:service@127.0.0.1:5077 SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1:5078;branch=z9hG4bK-19186-1-0',
  'From: sipp <sip:sipp@127.0.0.1:5078>;tag=19186SIPpTag001',
  'To: service <sip:service@127.0.0.1:5077>',
  'Call-ID: 1-19186@127.0.0.1',
  'CSeq: 1 INVITE',
  'Contact: sip:sipp@127.0.0.1:5078',
  'Max-Forwards: 70',
  'Subject: Performance Test',
  'Content-Type: application/sdp',
  'Content-Length:   129',
  '',
  'v=0',
  'o=user1 53655765 2353687637 IN IP4 127.0.0.1',
  's=-',
  'c=IN IP4 127.0.0.1',
  't=0 0',
  'm=audio 6000 RTP/AVP 0',
  'a=rtpmap:0 PCMU/8000',
  '',
].join('\r\n');

it('reads an INVITE of sipp, and writes it as it was but for blanks', () => {
  const parsed = parseMessage(new TextEncoder().encode(invite));
  if (parsed.kind !== 'message') throw new Error(parsed.kind);
  expect(parsed.essentials).toMatchObject({
    via: { transport: 'UDP', sentBy: { host: '127.0.0.1', port: 5078 } },
    from: { displayName: 'sipp', uri: { user: 'sipp', host: '127.0.0.1', port: 5078 } },
    fromTag: '19186SIPpTag001',
    toTag: undefined,
    callId: '1-19186@127.0.0.1',
    cseq: { sequence: 1, method: 'INVITE' },
    maxForwards: 70,
  });
  expect(parsed.message.body).toHaveLength(129);
  const written = new TextDecoder().decode(serialiseMessage(parsed.message));
  expect(written).toBe(invite.replace('Length:   129', 'Length: 129'));
  expect(advertisedTuples(parsed.message).map(({ kind, port }) => [kind, port])).toEqual([
    ['via', 5078],
    ['from', 5078],
    ['to', 5077],
    ['call-id', undefined],
    ['contact', 5078],
    ['sdp-origin', undefined],
    ['sdp-connection', undefined],
    ['sdp-media', 6000],
  ]);
});
