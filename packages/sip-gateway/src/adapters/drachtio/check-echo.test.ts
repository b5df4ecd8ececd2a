import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../../address.ts';
import { checkEcho, type CheckedEcho } from './check-echo.ts';

const publicIp = '203.0.113.50';
const eth0 = '10.0.1.20';
/** Somebody in a private network: told eth0's address. */
const inside = '192.168.7.7' as Ipv4Address;

interface Parts {
  readonly start?: string;
  readonly cseq?: string;
  readonly headers?: readonly string[];
  readonly body?: readonly string[];
  readonly address?: string;
}

function check({ start, cseq = '1 INVITE', headers = [], body = [], address }: Parts): CheckedEcho {
  const text = body.length === 0 ? '' : `${body.join('\r\n')}\r\n`;
  const lines = [
    start ?? 'SIP/2.0 200 OK',
    'Via: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bKpeer',
    'From: <sip:a@10.9.9.9>;tag=ta',
    'To: <sip:b@10.8.8.8>;tag=tb',
    'Call-ID: call@10.7.7.7',
    `CSeq: ${cseq}`,
    ...headers,
    ...(text === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${text.length}`,
  ];
  const sip = Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}`);
  return checkEcho(
    { address: address ?? '198.51.100.7', sip },
    {
      peerOf: (dialogs) => (dialogs.includes('call@10.7.7.7;from-tag=tb') ? inside : undefined),
      identityFor: (peer) => {
        const host = peer === inside ? eth0 : publicIp;
        return { advertised: { host, port: 5060 }, mediaHosts: [host] };
      },
    },
  );
}

const sdp = (host: string): readonly string[] => [
  'v=0',
  `o=- 1 1 IN IP4 ${host}`,
  's=-',
  `c=IN IP4 ${host}`,
  't=0 0',
  'm=audio 16384 RTP/AVP 0',
];

describe('what drachtio-server says it sent', () => {
  it('is true when it names what this peer must be told; what the peer said is its own', () => {
    const headers = [`Contact: <sip:${eth0}:5060>`];
    expect(check({ headers, body: sdp(eth0) })).toEqual({ kind: 'true' });
  });

  it.each([
    ['Contact', { headers: [`Contact: <sip:${publicIp}:5060>`] }, 'contact'],
    ['c=', { headers: [`Contact: <sip:${eth0}:5060>`], body: sdp(publicIp) }, 'sdp-connection'],
  ] as const)('is untrue when %s is for another class of peer', (_what, parts, row) => {
    expect(check(parts)).toMatchObject({
      kind: 'untrue',
      callId: 'call@10.7.7.7',
      message: '200 INVITE',
      dialogs: ['call@10.7.7.7;from-tag=ta', 'call@10.7.7.7;from-tag=tb'],
      finding: { row },
    });
  });

  it('is held against who it went to, where it is of no dialog of ours', () => {
    const start = 'SIP/2.0 405 Method Not Allowed';
    const headers = [`Contact: <sip:${eth0}:5060>`];
    const foreign = { start, cseq: '1 REGISTER', headers, address: inside };
    expect(check(foreign)).toEqual({ kind: 'true' });
  });

  it('cannot be judged when it is no message', () => {
    const checked = checkEcho(
      { address: publicIp, sip: Buffer.from('nothing of the kind') },
      {
        peerOf: () => undefined,
        identityFor: () => ({ advertised: { host: publicIp, port: 5060 }, mediaHosts: [] }),
      },
    );
    expect(checked.kind).toBe('unreadable');
  });
});
