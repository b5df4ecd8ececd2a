// An embedded relay inside the pod: takes one call between two media addresses, says where each shall send, and
// closes when its standard input ends.
import { once } from 'node:events';
import {
  embeddedRelay,
  localAddresses,
  parseSessionDescription,
  peerPath,
  type Endpoint,
  type MediaTurn,
  type PeerNetworks,
} from '@truetuple/sip-gateway';

export interface RelayChildInput {
  readonly networks: PeerNetworks;
  readonly a: Endpoint;
  readonly b: Endpoint;
}

const { networks, a, b } = JSON.parse(process.argv[2] ?? '') as RelayChildInput;
const relay = await embeddedRelay({
  pathTo: (peer) => peerPath(networks, peer),
  addresses: localAddresses(networks),
});
const [toldB] = await relay.offer(turn('a', a));
const [toldA] = await relay.answer(turn('b', b));
process.stdout.write(`${JSON.stringify({ a: toldA, b: toldB })}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
process.stdout.write(`${JSON.stringify(await relay.statistics('call'))}\n`);
await relay.close();

function turn(from: 'a' | 'b', { address, port }: Endpoint): MediaTurn {
  const lines = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', `c=IN IP4 ${address}`, 't=0 0'];
  const text = [...lines, `m=audio ${port} RTP/AVP 0`].join('\r\n');
  return {
    callId: 'call',
    from,
    description: parseSessionDescription(text),
    signalling: { a: a.address, b: b.address },
  };
}
