import type { Ipv4Address } from '../../address.ts';
import type { MediaRelay } from '../../media/media-relay.ts';
import { defaultPortRange, requirePortRange, type PortRange } from '../../media/port-pool.ts';
import { relayTurn, type PathTo } from '../../media/relay-turn.ts';
import { RelayThread } from './relay-thread.ts';

/** What the embedded relay has to know of the networks. */
export interface EmbeddedRelayParts {
  /** Which address a peer is told, and which one sends to it: `peerPath` of the gateway's networks. */
  readonly pathTo: PathTo;
  /** Local addresses that RTP binds: `localAddresses` of the same networks. */
  readonly addresses: readonly Ipv4Address[];
}

/** Ports and times of the embedded relay. */
export interface EmbeddedRelayOptions {
  /** Default 16384-32767. */
  readonly ports?: PortRange;
  /** How long a pair of ports rests after a call. Default 30 seconds. */
  readonly quarantineMs?: number;
  /** Default 60 seconds. */
  readonly mediaTimeoutMs?: number;
  readonly tickMs?: number;
  /**
   * Nice value of the relay's thread (sched(7)), -20 to 19. Default -10: packets go before call set-ups and collections of garbage.
   * A value below that of the process takes CAP_SYS_NICE; without it the thread stays as the process is, which `counts().nice` shows.
   */
  readonly nice?: number;
}

export const defaultRelayNice = -10;

/** The compiled package has the worker beside this file as JavaScript, the source as TypeScript. */
const workerFile = new URL(
  import.meta.url.endsWith('.ts') ? 'relay-worker.ts' : 'relay-worker.js',
  import.meta.url,
);

/**
 * A media relay in a worker thread of this process, over node:dgram. Should the worker die, every request fails with
 * MediaRelayUnreachable from then on, and listeners get `relay-failed` once.
 *
 * @throws GatewayError ConfigInvalid
 */
export async function embeddedRelay(
  { pathTo, addresses }: EmbeddedRelayParts,
  options: EmbeddedRelayOptions = {},
): Promise<MediaRelay> {
  const ports = options.ports ?? defaultPortRange;
  requirePortRange(ports);
  const thread = await RelayThread.start(workerFile, {
    addresses,
    ports,
    quarantineMs: options.quarantineMs ?? 30_000,
    mediaTimeoutMs: options.mediaTimeoutMs ?? 60_000,
    tickMs: options.tickMs ?? 500,
    nice: options.nice ?? defaultRelayNice,
  });
  return {
    offer: async (turn) => thread.ask({ kind: 'offer', turn: relayTurn(turn, pathTo) }),
    answer: async (turn) => thread.ask({ kind: 'answer', turn: relayTurn(turn, pathTo) }),
    release: (callId) => thread.ask({ kind: 'release', callId }),
    statistics: (callId) => thread.ask({ kind: 'statistics', callId }),
    counts: () => thread.ask({ kind: 'counts' }),
    onEvent: (listener) => thread.listen(listener),
    close: () => thread.close(),
  };
}
