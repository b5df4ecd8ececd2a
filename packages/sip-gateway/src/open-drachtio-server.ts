import type { GuardedIdentity } from '@truetuple/sip-engine';
import { checkEcho } from './adapters/drachtio/check-echo.ts';
import { DrachtioSignalling } from './adapters/drachtio/drachtio-signalling.ts';
import { readEcho } from './adapters/drachtio/server-frames.ts';
import { ServerLink } from './adapters/drachtio/server-link.ts';
import { SrfSession } from './adapters/drachtio/srf-session.ts';
import { isIpv4Address, type Ipv4Address } from './address.ts';
import { peerPath, type PeerPath } from './call/peer-class.ts';
import { GatewayError } from './errors.ts';
import type { DrachtioServerSignalling, GatewayOptions } from './gateway-options.ts';
import {
  advertisedTo,
  defaultPassHeaders,
  type OpenSignalling,
  type SignallingParts,
} from './open-signalling.ts';

/**
 * SIP by a drachtio-server, connected and authenticated.
 *
 * @throws GatewayError SignallingUnreachable, SignallingRefused, ConfigInvalid (it tells other addresses than ours)
 */
export async function openDrachtioServer(
  { clock }: SignallingParts,
  options: GatewayOptions,
  server: DrachtioServerSignalling,
): Promise<OpenSignalling> {
  const { host, port = 9022, secret } = server;
  const { pingMs = 5_000, pongMs = 2_000, connectMs = 5_000 } = server;
  const { onEvent = (): void => undefined } = options;
  const session = new SrfSession(clock, secret, (request, response) =>
    signalling.receive(request, response),
  );
  const signalling: DrachtioSignalling = new DrachtioSignalling(session, {
    advertisedTo: advertisedTo(options),
    // it mints one To tag for an INVITE, and has one early dialog with the caller
    newTag: undefined,
    passHeaders: options.passHeaders ?? defaultPassHeaders,
    onLost: () => onEvent({ kind: 'signalling-lost' }),
  });
  const onFrame = (payload: Buffer): void => watchEcho(options, signalling, payload);
  const onRefused = (because: string): void => onEvent({ kind: 'signalling-refused', because });
  const times = { pingMs, pongMs, connectMs };
  const link = new ServerLink({ host, port, clock, session, ...times, onRefused, onFrame });
  await link.start((hostports) => {
    const told = hostports.split(',');
    const missing = listenersWanted(options).find((each) => !told.includes(each));
    return missing === undefined ? undefined : tellsOthers(hostports, missing);
  });
  return {
    signalling,
    pathTo: (peer) => pathOnServer(options, peer),
    isUp: () => session.isUp,
    counts: () => undefined,
    start: () => link.route(),
    drain: async () => undefined,
    endsCalls: false,
    close: async () => {
      session.onDown(() => undefined);
      await link.close();
      session.close();
    },
  };
}

/** What the server has to tell as its addresses: one for each that a peer may be told. */
function listenersWanted({
  identity,
  otherPrivateAddress,
  sipPort = 5060,
}: GatewayOptions): readonly string[] {
  const others = otherPrivateAddress === undefined ? [] : [otherPrivateAddress];
  return [identity.publicIp, ...others].map((address) => `udp/${address}:${sipPort}`);
}

/** A listener tells all peers one address: net1's private one is the public one's, and cannot be told by itself. */
function pathOnServer(options: GatewayOptions, peer: Ipv4Address): PeerPath {
  const path = peerPath(options, peer);
  if (path.kind === 'refused' || path.peerClass !== 'other-private') return path;
  if (options.otherPrivateAddress !== undefined) return path;
  const because = `${peer} would have to be told net1's private address, which no listener tells`;
  return { kind: 'refused', code: 'AddressUnusable', because };
}

/** What the server says it sent is held against what the peer must be told; a call that was told untruth is ended. */
function watchEcho(options: GatewayOptions, signalling: DrachtioSignalling, payload: Buffer): void {
  const echo = readEcho(payload);
  if (echo === undefined) return;
  const checked = checkEcho(echo, {
    peerOf: (dialogs) => signalling.peerOf(dialogs),
    identityFor: (peer) => identityFor(options, peer),
  });
  const { onAlarm = (): void => undefined } = options;
  switch (checked.kind) {
    case 'true':
      break;
    case 'unreadable':
      onAlarm({ kind: 'echo-unreadable', because: checked.because });
      break;
    case 'untrue': {
      const { callId, message, finding } = checked;
      const { row, where, told, wanted } = finding;
      onAlarm({ kind: 'told-untrue', callId, message, row, where, told, wanted });
      signalling.endUntrue(checked.dialogs);
      break;
    }
    default:
      checked satisfies never;
  }
}

function identityFor(options: GatewayOptions, peer: string): GuardedIdentity {
  const { identity, sipPort = 5060 } = options;
  const path = isIpv4Address(peer) ? peerPath(options, peer) : undefined;
  const host = path?.kind === 'path' ? path.advertised : identity.publicIp;
  return { advertised: { host, port: sipPort }, mediaHosts: [host] };
}

function tellsOthers(hostports: string, wanted: string): GatewayError {
  return new GatewayError({
    code: 'ConfigInvalid',
    message: `drachtio-server tells peers ${hostports || 'nothing'}, and not ${wanted}.`,
    remedy:
      'Give it a contact for each address: PRIVATE;external-ip=PUBLIC, PUBLIC, and otherPrivateAddress, on the port of sipPort.',
    retry: 'never',
  });
}
