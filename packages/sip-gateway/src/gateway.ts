import { randomBytes } from 'node:crypto';
import {
  openUdpTransport,
  systemClock,
  systemResolver,
  type Clock,
  type Resolver,
  type SipEngineCounts,
  type Transport,
  type Tuple,
} from '@truetuple/sip-engine';
import { defaultTimeouts } from './call/call.ts';
import { GatewayCalls } from './call/gateway-calls.ts';
import { GatewayError } from './errors.ts';
import type { GatewayEvent } from './gateway-event.ts';
import { requireOptions, type GatewayOptions } from './gateway-options.ts';
import type { MediaRelay, RelayCounts } from './media/media-relay.ts';
import { openMedia } from './open-media.ts';
import { openDrachtioServer } from './open-drachtio-server.ts';
import { openEmbedded, type OpenSignalling } from './open-signalling.ts';

/** What a gateway is made of: for tests in memory. */
export interface GatewayParts {
  readonly clock: Clock;
  readonly openTransport: (local: Tuple) => Promise<Transport>;
  readonly openRelay: (options: GatewayOptions) => Promise<MediaRelay>;
  readonly resolver: Resolver;
}

/** A back-to-back user agent on a public address, held open. */
export interface Gateway {
  /** What is held now: calls, and the account of the SIP server in this process; undefined when it is another process. */
  counts(): { readonly calls: number; readonly sip: SipEngineCounts | undefined };
  /** Whether a new call would be taken: the SIP server and the embedded relay are there, and it does not drain or close. */
  isReady(): boolean;
  /** What the relay holds now, and what it has counted. @throws GatewayError MediaRelayUnreachable */
  media(): Promise<RelayCounts>;
  /** New calls get 503 from now on; resolves when the last one has ended. For SIGTERM: `drain`, then `close`. */
  drain(): Promise<void>;
  /**
   * Ends what is left with BYE or CANCEL, releases its media, and closes every socket and the relay's thread. Twice is
   * once. An rtpengine that cannot be told of the end drops the calls that are left by its own time-out: `relay-failed`.
   */
  close(): Promise<void>;
}

/** How long `close` waits for calls that are ended over a connection to another process. */
const hangUpMs = 2_000;

/**
 * Takes calls on the identity's addresses, from the moment that it resolves.
 *
 * @throws GatewayError ConfigInvalid, MediaRelayUnreachable; SipEngineError when a SIP socket cannot be bound
 */
export function createGateway(options: GatewayOptions): Promise<Gateway> {
  return startGateway(
    {
      clock: systemClock,
      openTransport: openUdpTransport,
      openRelay: openMedia,
      resolver: systemResolver,
    },
    options,
  );
}

/** The same on parts of your choice. */
export async function startGateway(parts: GatewayParts, options: GatewayOptions): Promise<Gateway> {
  requireOptions(options);
  const { timeouts = {}, route, onEvent = (): void => undefined } = options;
  const { clock, resolver } = parts;
  await using opened = new AsyncDisposableStack();
  const relay = opened.adopt(await parts.openRelay(options), async (each) => each.close());
  const sip = opened.adopt(await openSignalling(parts, options), async (each) => each.close());
  const calls = new GatewayCalls({
    signalling: sip.signalling,
    relay,
    clock,
    pathTo: sip.pathTo,
    timeouts: { ...defaultTimeouts, ...timeouts },
    route,
    resolver,
    newSessionId,
    onEvent,
  });
  await sip.start();
  opened.move();
  let isEnding = false;
  let isRelaying = true;
  // a thread that is gone stays gone; an rtpengine may come back
  relay.onEvent(({ kind }) => {
    if (kind === 'relay-failed' && options.media.kind === 'embedded') isRelaying = false;
  });
  const close = async (): Promise<void> => {
    isEnding = true;
    if (!sip.endsCalls) await calls.hangUp(hangUpMs);
    calls.abandon();
    await sip.close();
    await closeRelay(relay, onEvent);
  };
  let closing: Promise<void> | undefined;
  return {
    counts: () => ({ calls: calls.size, sip: sip.counts() }),
    isReady: () => !isEnding && isRelaying && sip.isUp(),
    media: () => relay.counts(),
    drain: async () => {
      isEnding = true;
      await Promise.all([sip.drain(), calls.drain()]);
    },
    close: async () => {
      closing ??= close();
      await closing;
    },
  };
}

async function closeRelay(
  relay: MediaRelay,
  onEvent: (event: GatewayEvent) => void,
): Promise<void> {
  try {
    await relay.close();
  } catch (error) {
    if (!GatewayError.is(error)) throw error;
    onEvent({ kind: 'relay-failed', because: error.message });
  }
}

async function openSignalling(
  { clock, openTransport, resolver }: GatewayParts,
  options: GatewayOptions,
): Promise<OpenSignalling> {
  const { signalling } = options;
  const parts = { clock, openTransport, resolver, newTag };
  switch (signalling.kind) {
    case 'embedded':
      return openEmbedded(parts, options, signalling);
    case 'drachtio-server':
      return openDrachtioServer(parts, options, signalling);
    default:
      return signalling satisfies never;
  }
}

/** RFC 3261, section 19.3: at least 32 random bits. */
function newTag(): string {
  return randomBytes(8).toString('hex');
}

function newSessionId(): string {
  // 62 bits: a sess-id is read as a number by some
  return (randomBytes(8).readBigUInt64BE() >> 2n).toString();
}
