import { describe, expect, it } from 'vitest';
import { privateAddressesIncoming } from './private-addresses-incoming.ts';
import type { UdpDatagram } from './udp-datagram.ts';

const host = { address: '198.51.100.50', port: 5060 };

function datagram(
  direction: UdpDatagram['direction'],
  text: string,
  address = '203.0.113.50',
): UdpDatagram {
  const far = { address, port: 5060 };
  const [source, destination] = direction === 'incoming' ? [far, host] : [host, far];
  return { atMs: 0, direction, source, destination, payload: Buffer.from(text) };
}

function options(callId: string, via: string): string {
  const lines = ['OPTIONS sip:a@b.example SIP/2.0', `Via: SIP/2.0/UDP ${via};branch=z9hG4bK1`];
  lines.push('From: <sip:a@b.example>;tag=1', 'To: <sip:c@d.example>', `Call-ID: ${callId}`);
  return [...lines, 'CSeq: 1 OPTIONS', 'Content-Length: 0', '', ''].join('\r\n');
}

describe('private addresses in what came to a host', () => {
  it.each(['10.0.2.128', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.1.1'])(
    'is %s, as a source and in what is told',
    (address) => {
      expect(privateAddressesIncoming([datagram('incoming', '\u0080rtp', address)])).toEqual([
        { address, where: 'source' },
      ]);
      expect(privateAddressesIncoming([datagram('incoming', options('1', address))])).toEqual([
        { address, where: 'via' },
      ]);
    },
  );

  it('is not what is public, nor what the host says itself', () => {
    expect(
      privateAddressesIncoming([
        datagram('incoming', options('1', '172.32.0.1')),
        datagram('incoming', options('1', '100.128.0.1')),
        datagram('outgoing', options('1', '10.9.9.9')),
      ]),
    ).toEqual([]);
  });

  it('is not what the host is only told again, in the same call', () => {
    const said = datagram('outgoing', options('1', '10.9.9.9'));
    expect(
      privateAddressesIncoming([said, datagram('incoming', options('1', '10.9.9.9'))]),
    ).toEqual([]);
    expect(
      privateAddressesIncoming([said, datagram('incoming', options('2', '10.9.9.9'))]),
    ).toEqual([{ address: '10.9.9.9', where: 'via' }]);
  });
});
