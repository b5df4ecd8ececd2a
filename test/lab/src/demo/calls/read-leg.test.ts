import { describe, expect, it } from 'vitest';
import { toneFrame } from '../../peers/pcmu-tone.ts';
import { encodeRtp } from '../../peers/rtp-packet.ts';
import { parseTuple } from '../traffic/flow.ts';
import type { UdpDatagram } from '../../capture/udp-datagram.ts';
import { readLeg } from './read-leg.ts';

const own = { sip: '198.51.100.50:5060', rtp: '198.51.100.50:40000' };
const gateway = { sip: '203.0.113.50:5060', rtp: '203.0.113.50:20000' };

function seen(
  direction: UdpDatagram['direction'],
  from: string,
  to: string,
  payload: string | Uint8Array,
): UdpDatagram {
  const [source, destination] = [parseTuple(from), parseTuple(to)];
  return { atMs: 0, direction, source, destination, payload: Buffer.from(payload) };
}

function sipText(
  first: string,
  cseq: string,
  options: { contact?: string; sdp?: string } = {},
): string {
  const { contact, sdp = '' } = options;
  const isFromGateway = contact !== undefined;
  const via = isFromGateway && !first.startsWith('SIP') ? gateway.sip : own.sip;
  return [
    first,
    `Via: SIP/2.0/UDP ${via};branch=z9hG4bK1`,
    'From: <sip:a@a.example>;tag=1',
    'To: <sip:b@b.example>;tag=2',
    'Call-ID: 1',
    `CSeq: ${cseq}`,
    ...(contact === undefined ? [] : [`Contact: <sip:${contact}>`]),
    ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${sdp.length}`,
    '',
    sdp,
  ].join('\r\n');
}

const answer = ['v=0', 'o=- 1 1 IN IP4 203.0.113.50', 's=-', 'c=IN IP4 203.0.113.50', 't=0 0']
  .concat('m=audio 20000 RTP/AVP 0', '')
  .join('\r\n');

function rtp(direction: UdpDatagram['direction'], sequence: number): UdpDatagram {
  const ends = direction === 'incoming' ? [gateway.rtp, own.rtp] : [own.rtp, gateway.rtp];
  const packet = { marker: false, payloadType: 0, timestamp: 0, ssrc: 1, payload: toneFrame(0) };
  return seen(direction, ends[0] ?? '', ends[1] ?? '', encodeRtp({ ...packet, sequence }));
}

const call: readonly UdpDatagram[] = [
  seen('outgoing', own.sip, gateway.sip, sipText('INVITE sip:x@y SIP/2.0', '1 INVITE')),
  seen(
    'incoming',
    gateway.sip,
    own.sip,
    sipText('SIP/2.0 200 OK', '1 INVITE', { contact: gateway.sip, sdp: answer }),
  ),
  seen('outgoing', own.sip, gateway.sip, sipText('ACK sip:x@y SIP/2.0', '1 ACK')),
  ...[1, 2, 2].map((sequence) => rtp('incoming', sequence)),
  ...[1, 2, 3].map((sequence) => rtp('outgoing', sequence)),
  seen(
    'incoming',
    gateway.sip,
    own.sip,
    sipText('BYE sip:x@y SIP/2.0', '2 BYE', { contact: gateway.sip }),
  ),
  seen('outgoing', own.sip, gateway.sip, sipText('SIP/2.0 200 OK', '2 BYE')),
];

function read(datagrams: readonly UdpDatagram[]): ReturnType<typeof readLeg> {
  const tuples = { sip: parseTuple(own.sip), rtp: parseTuple(own.rtp) };
  return readLeg({ peer: 'internet', ...tuples, seen: datagrams, file: undefined });
}

describe('readLeg', () => {
  it('reads what was told, seen, sent and got; a packet that came twice counts once', () => {
    expect(read(call)).toEqual({
      peer: 'internet',
      answered: true,
      ended: true,
      sip: { advertised: [gateway.sip], observed: [gateway.sip] },
      rtp: { advertised: [gateway.rtp], observed: [gateway.rtp] },
      rtpSent: 3,
      rtpReceived: 2,
      privateAddressesSeen: [],
    });
  });

  it('is not answered without an ACK, and not ended without an answer to BYE', () => {
    expect(read(call.filter((_datagram, at) => at !== 2)).answered).toBe(false);
    expect(read(call.slice(0, -1)).ended).toBe(false);
  });

  it('reads the sources as they are, whatever the messages say', () => {
    const moved = call.map((datagram) =>
      datagram.direction === 'incoming'
        ? { ...datagram, source: { address: '203.0.113.7', port: datagram.source.port + 1 } }
        : datagram,
    );
    const leg = read(moved);
    expect(leg.sip).toEqual({ advertised: [gateway.sip], observed: ['203.0.113.7:5061'] });
    expect(leg.rtp.observed).toEqual(['203.0.113.7:20001']);
  });

  it('finds private addresses in what came, not in what this side said itself', () => {
    const told = sipText('OPTIONS sip:x@y SIP/2.0', '3 OPTIONS', { contact: '10.0.2.128:5060' });
    const own10 = told.replaceAll('a.example', '10.9.9.9').replace(/^Contact.*\r\n/m, '');
    const leg = read([
      ...call,
      seen('outgoing', own.sip, gateway.sip, own10),
      seen('incoming', gateway.sip, own.sip, told.replaceAll('a.example', '10.9.9.9')),
      seen('incoming', '10.0.2.128:5060', own.sip, 'SIP/2.0 200 OK'),
    ]);
    expect(leg.privateAddressesSeen.map(({ address }) => address)).toEqual([
      '10.0.2.128',
      '10.0.2.128',
    ]);
    expect(leg.privateAddressesSeen.map(({ where }) => where)).toEqual(['contact', 'source']);
  });

  it('leaves out what other sockets of the host sent and got', () => {
    const other = call.map((datagram) => ({
      ...datagram,
      ...(datagram.direction === 'incoming'
        ? { destination: { address: '198.51.100.50', port: 9 } }
        : { source: { address: '198.51.100.50', port: 9 } }),
    }));
    expect(read(other)).toMatchObject({ answered: false, rtpSent: 0, rtpReceived: 0 });
  });
});
