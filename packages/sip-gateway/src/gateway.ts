import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import {
  createSipEngine,
  openUdpTransport,
  systemClock,
  type Clock,
  type SendPath,
  type SipEngineCounts,
  type Transport,
  type Tuple,
} from '@truetuple/sip-engine';
import { isIpv4Address } from './address.ts';
import { DrachtioSignalling } from './adapters/drachtio/drachtio-signalling.ts';
import { defaultTimeouts } from './call/call.ts';
import { GatewayCalls } from './call/gateway-calls.ts';
import { localAddresses, peerPath } from './call/peer-class.ts';
import { GatewayError } from './errors.ts';
import { requireOptions, type GatewayOptions } from './gateway-options.ts';
import type { MediaRelay } from './media/media-relay.ts';
import { openMedia } from './open-media.ts';
import { newSrf } from './sip/srf.ts';

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
    { clock: systemClock, openTransport: openUdpTransport, openRelay: openMedia },
    options,
  );
}

/** The same on parts of your choice. */
export async function startGateway(parts: GatewayParts, options: GatewayOptions): Promise<Gateway> {
  requireOptions(options);
  if (options.signalling.kind === 'drachtio-server') throw notBuilt();
  const { identity, signalling: chosen, sipPort = 5060, timeouts = {}, route } = options;
  const { timing = {} } = chosen.kind === 'embedded' ? chosen : {};
  await using opened = new AsyncDisposableStack();
  const relay = opened.adopt(await parts.openRelay(options), async (each) => each.close());
  const sockets: Transport[] = [];
  for (const address of localAddresses(options)) {
    const socket = await parts.openTransport({ address, port: sipPort });
    sockets.push(opened.adopt(socket, async (each) => each.close()));
  }
  const contact = { host: identity.publicIp, port: sipPort };
  const secret = randomUUID();
  const { clock } = parts;
  const pathTo = sipPathTo(options, sockets);
  const engine = createSipEngine({ transports: sockets, contact, pathTo, secret, clock, timing });
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

/** By which socket each SIP peer is called, and as whom; none for an address that may not be called. */
function sipPathTo(
  options: GatewayOptions,
  sockets: readonly Transport[],
): (destination: Tuple) => SendPath | undefined {
  const { sipPort = 5060 } = options;
  const byAddress = new Map(sockets.map((socket) => [socket.localAddress.address, socket]));
  return ({ address }) => {
    const path = isIpv4Address(address) ? peerPath(options, address) : undefined;
    const transport = path?.kind === 'path' ? byAddress.get(path.bind) : undefined;
    return path?.kind !== 'path' || transport === undefined
      ? undefined
      : { transport, advertised: { host: path.advertised, port: sipPort } };
  };
}

function newSessionId(): string {
  // 62 bits: a sess-id is read as a number by some
  return (randomBytes(8).readBigUInt64BE() >> 2n).toString();
}

function notBuilt(): GatewayError {
  return new GatewayError({
    code: 'ConfigInvalid',
    message: 'A gateway was to start with signalling "drachtio-server".',
    remedy: 'Use signalling "embedded": the other one is not built yet.',
    retry: 'never',
  });
}
