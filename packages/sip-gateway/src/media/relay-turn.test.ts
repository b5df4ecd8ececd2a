import { expect, it } from 'vitest';
import type { Ipv4Address } from '../address.ts';
import { peerPath, type PeerNetworks } from '../call/peer-class.ts';
import { parseSessionDescription } from '../sdp/session-description.ts';
import { relayTurn, type RelayTurn } from './relay-turn.ts';

const [publicIp, privateIp] = ['203.0.113.50' as Ipv4Address, '10.0.2.128' as Ipv4Address];
const networks: PeerNetworks = {
  identity: {
    publicIp,
    privateIp,
    subnetCidr: '10.0.2.0/24' as PeerNetworks['identity']['subnetCidr'],
    vpcCidrs: ['10.0.0.0/16' as PeerNetworks['identity']['subnetCidr']],
    bind: { internet: privateIp, vpc: publicIp },
    delivery: 'both',
  },
};

function turnOf(...lines: readonly string[]): RelayTurn {
  const text = ['v=0', 'o=- 1 1 IN IP4 1.2.3.4', 's=-', 't=0 0', ...lines].join('\r\n');
  const signalling = { a: '192.168.7.1' as Ipv4Address, b: '10.0.1.100' as Ipv4Address };
  const description = parseSessionDescription(text);
  return relayTurn({ callId: 'c', from: 'a', description, signalling }, (peer) =>
    peerPath(networks, peer),
  );
}

it("each stream's own media address decides, not where its signalling comes from", () => {
  const turn = turnOf(
    'm=audio 4000 RTP/AVP 0',
    'c=IN IP4 198.51.100.50',
    'm=video 4002 RTP/AVP 96',
    'c=IN IP4 10.0.1.7',
    'm=text 0 RTP/AVP 98',
  );
  expect(turn.towards).toBe(publicIp);
  expect(turn.streams).toMatchObject([
    { advertised: publicIp, certain: true, rtp: { bind: privateIp }, rtcp: { bind: privateIp } },
    { advertised: publicIp, certain: true, rtp: { bind: publicIp } },
    undefined,
  ]);
});

it('while a stream is held with c=0.0.0.0 its signalling address stands in', () => {
  expect(turnOf('m=audio 4000 RTP/AVP 0', 'c=IN IP4 0.0.0.0').streams).toEqual([
    { rtp: undefined, rtcp: undefined, sends: true, advertised: privateIp, certain: false },
  ]);
});

it.each(['192.168.7.1', '10.0.1.7'])('RTCP in another network, at %s, is not sent', (elsewhere) => {
  const [stream] = turnOf(
    'm=audio 4000 RTP/AVP 0',
    'c=IN IP4 198.51.100.50',
    `a=rtcp:4001 IN IP4 ${elsewhere}`,
  ).streams;
  expect(stream).toMatchObject({ rtp: { address: '198.51.100.50' }, rtcp: undefined });
});

it.each(['0.0.0.0', '224.0.0.1', '203.0.113.50'])(
  'RTCP at %s, where nobody can have it, is not sent, and the media goes through',
  (nobody) => {
    const [stream] = turnOf(
      'm=audio 4000 RTP/AVP 0',
      'c=IN IP4 198.51.100.50',
      `a=rtcp:9 IN IP4 ${nobody}`,
      'a=rtcp-mux',
    ).streams;
    expect(stream).toMatchObject({ rtp: { address: '198.51.100.50' }, rtcp: undefined });
  },
);

it('RTCP of a host is not sent to this machine itself', () => {
  const [stream] = turnOf(
    'm=audio 4000 RTP/AVP 0',
    'c=IN IP4 192.168.7.1',
    'a=rtcp:22222 IN IP4 127.0.0.1',
  ).streams;
  expect(stream).toMatchObject({ rtp: { address: '192.168.7.1' }, rtcp: undefined });
});

it.each([
  ['203.0.113.50', 'LoopDetected'],
  ['224.0.0.1', 'AddressUnusable'],
])('media at %s is refused: %s', (address, code) => {
  expect(() => turnOf('m=audio 4000 RTP/AVP 0', `c=IN IP4 ${address}`)).toThrow(
    expect.objectContaining({ code }),
  );
});
