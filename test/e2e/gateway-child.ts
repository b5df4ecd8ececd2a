// A gateway inside the pod: says when it takes calls, drains on SIGTERM, and ends by itself once nothing is held open.
import { createGateway, type PeerNetworks } from '@truetuple/sip-gateway';

export interface GatewayChildInput {
  readonly networks: PeerNetworks;
  /** Where a user part leads: a SIP URI. */
  readonly routes: Readonly<Record<string, string>>;
}

const { networks, routes } = JSON.parse(process.argv[2] ?? '') as GatewayChildInput;
const gateway = await createGateway({
  ...networks,
  signalling: 'embedded',
  route: ({ requestUri }) => {
    const uri = routes[/^sip:([^@]+)@/.exec(requestUri)?.[1] ?? ''];
    return uri === undefined ? { kind: 'refuse', status: 404 } : { kind: 'to', uri };
  },
});

async function stop(): Promise<void> {
  const drained = gateway.drain();
  process.stdout.write(`${JSON.stringify({ draining: true })}\n`);
  await drained;
  const { calls } = gateway.counts();
  await gateway.close();
  process.stdout.write(`${JSON.stringify({ drained: true, calls })}\n`);
}

process.once('SIGTERM', () => void stop());
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
