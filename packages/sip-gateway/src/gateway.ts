import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import {
  createSipEngine,
  openUdpTransport,
  systemClock,
  type Clock,
  type SipEngineCounts,
  type Transport,
  type TransactionTiming,
  type Tuple,
} from '@truetuple/sip-engine';
import { DrachtioSignalling } from './adapters/drachtio/drachtio-signalling.ts';
import {
  embeddedRelay,
  type EmbeddedRelayOptions,
} from './adapters/embedded-relay/embedded-relay.ts';
import { defaultTimeouts, type CallTimeouts } from './call/call.ts';
import { GatewayCalls, type RouteCall } from './call/gateway-calls.ts';
import { localAddresses, peerPath, type PeerNetworks } from './call/peer-class.ts';
import { GatewayError } from './errors.ts';
import type { MediaRelay } from './media/media-relay.ts';
import { newSrf } from './sip/srf.ts';
import { splitTransport } from './sip/split-transport.ts';

export interface GatewayOptions extends PeerNetworks {
  /** `embedded`: the SIP server is in this process. The only one that is built. */
  readonly signalling: 'embedded';
  /** Decides for each call where it goes. */
  readonly route: RouteCall;
  /** UDP port of every SIP socket, and of Via and Contact. Default 5060. */
  readonly sipPort?: number;
  readonly media?: EmbeddedRelayOptions;
  readonly timeouts?: Partial<CallTimeouts>;
  /** Timers of SIP transactions; default those of RFC 3261. */
  readonly timing?: Partial<TransactionTiming>;
}

/** What a gateway is made of: for tests in memory. */
export interface GatewayParts {
  readonly clock: Clock;
  readonly openTransport: (local: Tuple) => Promise<Transport>;
  readonly openRelay: (options: GatewayOptions) => Promise<MediaRelay>;
}

/** A back-to-back user agent on a public address, held open. */
export interface Gateway {
  /** What is held now: calls, and the SIP server's own account. */
  counts(): { readonly calls: number; readonly sip: SipEngineCounts };
  /** New calls get 503 from now on; resolves when the last one has ended. For SIGTERM: `drain`, then `close`. */
  drain(): Promise<void>;
  /** Ends what is left with BYE or CANCEL, releases its media, and closes every socket and the relay's thread. Twice is once. */
  close(): Promise<void>;
}

/**
 * Takes calls on the identity's addresses, from the moment that it resolves.
 *
 * @throws GatewayError ConfigInvalid; SipEngineError when a SIP socket cannot be bound
 */
export function createGateway(options: GatewayOptions): Promise<Gateway> {
  return startGateway(
    { clock: systemClock, openTransport: openUdpTransport, openRelay: openEmbeddedRelay },
    options,
  );
}

/** The same on parts of your choice. */
export async function startGateway(parts: GatewayParts, options: GatewayOptions): Promise<Gateway> {
  requireOptions(options);
  const { identity, sipPort = 5060, timing = {}, timeouts = {}, route } = options;
  await using opened = new AsyncDisposableStack();
  const relay = opened.adopt(await parts.openRelay(options), async (each) => each.close());
  const sockets: Transport[] = [];
  for (const address of localAddresses(options)) {
    const socket = await parts.openTransport({ address, port: sipPort });
    sockets.push(opened.adopt(socket, async (each) => each.close()));
  }
  const pathTo = (peer: typeof identity.publicIp): ReturnType<typeof peerPath> =>
    peerPath(options, peer);
  const advertised: Tuple = { address: identity.publicIp, port: sipPort };
  const secret = randomUUID();
  const { clock } = parts;
  const transports = [splitTransport({ sockets, pathTo, advertised })];
  const engine = createSipEngine({ transports, secret, clock, timing });
  const srf = newSrf();
  const signalling = new DrachtioSignalling(srf);
  const calls = new GatewayCalls({
    signalling,
    relay,
    clock,
    networks: options,
    timeouts: { ...defaultTimeouts, ...timeouts },
    route,
    newSessionId,
  });
  // it never listens: the SIP server is attached to it in memory
  const server = createServer();
  srf.listen({ server, secret });
  engine.attach(server);
  opened.move();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    calls.abandon();
    await engine.close();
    server.removeAllListeners('connection');
    signalling.close();
    await relay.close();
  };
  return {
    counts: () => ({ calls: calls.size, sip: engine.counts() }),
    drain: async () => {
      await Promise.all([engine.drain(), calls.ended()]);
    },
    close: async () => {
      closing ??= close();
      await closing;
    },
  };
}

function openEmbeddedRelay(options: GatewayOptions): Promise<MediaRelay> {
  const pathTo = (peer: Parameters<typeof peerPath>[1]): ReturnType<typeof peerPath> =>
    peerPath(options, peer);
  return embeddedRelay({ pathTo, addresses: localAddresses(options) }, options.media);
}

function newSessionId(): string {
  // 62 bits: a sess-id is read as a number by some
  return (randomBytes(8).readBigUInt64BE() >> 2n).toString();
}

function requireOptions({ identity: { delivery }, signalling }: GatewayOptions): void {
  if (delivery === 'both' && signalling === 'embedded') return;
  throw new GatewayError({
    code: 'ConfigInvalid',
    message: `A gateway was to start with delivery ${JSON.stringify(delivery)} and signalling ${JSON.stringify(signalling)}.`,
    remedy:
      'Take the identity with delivery "both" and use signalling "embedded": no other is built.',
    retry: 'never',
  });
}
