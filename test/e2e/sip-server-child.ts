// A SIP server of its own in the pod, in drachtio-server's place: sip-engine on the pod's addresses, its applications over
// TCP. Says where it listens, and ends when its standard input does.
import {
  createSipEngine,
  openUdpTransport,
  type SipEngine,
  type Transport,
} from '@truetuple/sip-engine';
import {
  localAddresses,
  peerPath,
  type Ipv4Address,
  type PeerNetworks,
} from '@truetuple/sip-gateway';

export interface SipServerInput {
  readonly networks: PeerNetworks;
  readonly sipPort: number;
  readonly secret: string;
}

const { networks, sipPort, secret } = JSON.parse(process.argv[2] ?? '') as SipServerInput;
const sockets = new Map<string, Transport>();
for (const address of localAddresses(networks)) {
  sockets.set(address, await openUdpTransport({ address, port: sipPort }));
}
const engine: SipEngine = createSipEngine({
  transports: [...sockets.values()],
  secret,
  contact: { host: networks.identity.publicIp, port: sipPort },
  pathTo: ({ address }) => {
    const path = peerPath(networks, address as Ipv4Address);
    const transport = path.kind === 'path' ? sockets.get(path.bind) : undefined;
    return path.kind !== 'path' || transport === undefined
      ? undefined
      : { transport, advertised: { host: path.advertised, port: sipPort } };
  },
});
const listener = await engine.listen({ address: '127.0.0.1', port: 0 });
process.stdout.write(`${listener.localAddress.port}\n`);
process.stdin.resume();
process.stdin.once('end', () => void engine.close().then(() => process.exit(0)));
