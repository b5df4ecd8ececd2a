import { randomUUID } from 'node:crypto';
import {
  createSipEngine,
  type Clock,
  type GuardRefusal,
  type Resolver,
  type SendPath,
  type SipEngineCounts,
  type Transport,
  type Tuple,
} from '@truetuple/sip-engine';
import { DrachtioSignalling } from './adapters/drachtio/drachtio-signalling.ts';
import { SrfSession } from './adapters/drachtio/srf-session.ts';
import { cidrContains, isIpv4Address, type Cidr, type Ipv4Address } from './address.ts';
import { localAddresses, peerPath } from './call/peer-class.ts';
import type { EmbeddedSignalling, GatewayOptions } from './gateway-options.ts';
import type { PathTo } from './media/relay-turn.ts';
import { supportedOptions } from './sip/message-mapping.ts';
import type { Signalling } from './sip/signalling.ts';

export interface SignallingParts {
  readonly clock: Clock;
  readonly openTransport: (local: Tuple) => Promise<Transport>;
  readonly resolver: Resolver;
  /** Letters and digits: To tags. */
  readonly newTag: () => string;
}

/** SIP, held open. */
export interface OpenSignalling {
  readonly signalling: Signalling;
  /** What a peer is told and which socket sends to it, as far as the SIP server can. */
  readonly pathTo: PathTo;
  /** Whether the SIP server is there. */
  isUp(): boolean;
  /** undefined where the SIP server is another process. */
  counts(): SipEngineCounts | undefined;
  /** New calls are taken from the moment that it resolves. */
  start(): Promise<void>;
  /** The SIP server's own refusal of new calls; resolves when its last dialog has ended. */
  drain(): Promise<void>;
  /** Whether the SIP server ends by itself, in `close`, what is left of a call. */
  readonly endsCalls: boolean;
  close(): Promise<void>;
}

/** The SIP server of this process. @throws SipEngineError when a socket cannot be bound */
export async function openEmbedded(
  parts: SignallingParts,
  options: GatewayOptions,
  { timing = {}, limits = {}, acceptFrom }: EmbeddedSignalling,
): Promise<OpenSignalling> {
  const { identity, sipPort = 5060 } = options;
  const { clock, newTag, resolver } = parts;
  await using opened = new AsyncDisposableStack();
  const sockets: Transport[] = [];
  for (const address of localAddresses(options)) {
    const socket = await parts.openTransport({ address, port: sipPort });
    sockets.push(opened.adopt(socket, async (each) => each.close()));
  }
  const contact = { host: identity.publicIp, port: sipPort };
  const secret = randomUUID();
  const pathTo = sipPathTo(options, sockets);
  const engine = createSipEngine({
    transports: sockets,
    contact,
    pathTo,
    secret,
    clock,
    timing,
    limits,
    resolver,
    supported: supportedOptions,
    ...(acceptFrom === undefined ? {} : { acceptsFrom: isIn(acceptFrom) }),
    onGuardRefusal: (refusal) => alarmOf(refusal, options.onAlarm),
  });
  const session = new SrfSession(clock, secret, (request, response) =>
    signalling.receive(request, response),
  );
  const signalling: DrachtioSignalling = new DrachtioSignalling(session, {
    advertisedTo: advertisedTo(options),
    newTag,
    passHeaders: options.passHeaders ?? defaultPassHeaders,
    onLost: () => options.onEvent?.({ kind: 'signalling-lost' }),
  });
  opened.move();
  return {
    signalling,
    pathTo: (peer) => peerPath(options, peer),
    isUp: () => session.isUp,
    counts: () => engine.counts(),
    start: async () => {
      const up = Promise.withResolvers<void>();
      session.onUp(() => up.resolve());
      engine.attach(session.server);
      await up.promise;
    },
    drain: () => engine.drain(),
    endsCalls: true,
    close: async () => {
      session.onDown(() => undefined);
      await engine.close();
      session.close();
    },
  };
}

function isIn(networks: readonly Cidr[]): (source: Tuple) => boolean {
  return ({ address }) =>
    isIpv4Address(address) && networks.some((network) => cidrContains(network, address));
}

function alarmOf(
  { action, what, callId, findings }: GuardRefusal,
  onAlarm: GatewayOptions['onAlarm'],
): void {
  const [finding] = findings;
  if (finding === undefined) return;
  const { row, where, told, wanted } = finding;
  onAlarm?.({ kind: 'send-refused', callId, message: what, action, row, where, told, wanted });
}

/** Harmless ones: about the call, not about who or where somebody is. */
export const defaultPassHeaders: readonly string[] = ['Subject', 'Priority', 'Accept-Language'];

/** host:port that a peer is told as ours; the public one where there is no way to it. */
export function advertisedTo(options: GatewayOptions): (peer: Ipv4Address) => string {
  const { identity, sipPort = 5060 } = options;
  return (peer) => {
    const path = peerPath(options, peer);
    return `${path.kind === 'path' ? path.advertised : identity.publicIp}:${sipPort}`;
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
