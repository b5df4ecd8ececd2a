import type { Gateway, PeerNetworks } from '@truetuple/sip-gateway';

export interface GatewayPlan {
  readonly networks: PeerNetworks;
  readonly sipPort: number;
  /** Where a user part leads: a SIP URI. */
  readonly routes: Readonly<Record<string, string>>;
}

/** The gateway of every act: embedded signalling and media, on the addresses that it is given. */
export async function openGateway({ networks, sipPort, routes }: GatewayPlan): Promise<Gateway> {
  // loaded when it is needed: nothing else waits for it
  const { createGateway } = await import('@truetuple/sip-gateway');
  return createGateway({
    ...networks,
    sipPort,
    signalling: { kind: 'embedded' },
    media: { kind: 'embedded' },
    route: ({ requestUri }) => {
      const uri = routes[/^sip:([^@]+)@/.exec(requestUri)?.[1] ?? ''];
      return uri === undefined ? { kind: 'refuse', status: 404 } : { kind: 'to', uri };
    },
  });
}
