import type { Ipv4Address } from '../../address.ts';
import type { MediaRelay } from '../../media/media-relay.ts';
import { defaultPortRange, requirePortRange, type PortRange } from '../../media/port-pool.ts';
import { relayTurn, type PathTo } from '../../media/relay-turn.ts';
import { RelayThread } from './relay-thread.ts';
import { RealtimeGrant } from './realtime-grant.ts';
import { readRealtimePriority } from './thread-realtime.ts';

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
  /** How long both legs of a call may be silent. Default 60 seconds. */
  readonly mediaTimeoutMs?: number;
  /** The same while one of them holds the other, and maybe sends nothing meanwhile. Default one hour. */
  readonly holdTimeoutMs?: number;
  readonly tickMs?: number;
  /**
   * Nice value of the relay's thread (sched(7)), -20 to 19. Default -10: packets go before call set-ups and collections of garbage.
   * A value below that of the process takes CAP_SYS_NICE; without it the thread stays as the process is, which `counts().nice` shows.
   */
  readonly nice?: number;
  /**
   * Runs the relay's thread as a realtime thread: SCHED_RR with this priority, 1 to 99 (sched(7)); 0: as none. It then goes before every
   * thread that is none, whatever their nice values; `nice` is what it has without. Default 1. It takes chrt of util-linux, and
   * CAP_SYS_NICE or RLIMIT_RTPRIO; without them the thread stays as it is, which `counts().realtimePriority` shows. While it takes more
   * than three quarters of a core it is none, and listeners get `realtime-budget`.
   */
  readonly realtimePriority?: number;
}

export const defaultRelayNice = -10;
export const defaultRealtimePriority = 1;

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
  const realtimePriority = options.realtimePriority ?? defaultRealtimePriority;
  const thread = await RelayThread.start(workerFile, {
    addresses,
    ports,
    quarantineMs: options.quarantineMs ?? 30_000,
    mediaTimeoutMs: options.mediaTimeoutMs ?? 60_000,
    holdTimeoutMs: options.holdTimeoutMs ?? 3_600_000,
    tickMs: options.tickMs ?? 500,
    nice: options.nice ?? defaultRelayNice,
    hasBudget: realtimePriority > 0,
  });
  const threadId = await thread.ask({ kind: 'thread-id' });
  const grant = threadId === undefined ? undefined : grantOf(thread, threadId, realtimePriority);
  await grant?.begin();
  return {
    offer: async (turn) => thread.ask({ kind: 'offer', turn: relayTurn(turn, pathTo) }),
    answer: async (turn) => thread.ask({ kind: 'answer', turn: relayTurn(turn, pathTo) }),
    // nothing counts before its answer
    withdraw: async () => undefined,
    release: (callId) => thread.ask({ kind: 'release', callId }),
    statistics: (callId) => thread.ask({ kind: 'statistics', callId }),
    counts: async () => {
      const counts = await thread.ask({ kind: 'counts' });
      const realtime = threadId === undefined ? undefined : await readRealtimePriority(threadId);
      return { ...counts, realtimePriority: realtime };
    },
    onEvent: (listener) => thread.listen(listener),
    close: async () => {
      await grant?.close();
      await thread.close();
    },
  };
}

/** undefined when it is to have none. */
function grantOf(
  thread: RelayThread,
  threadId: number,
  priority: number,
): RealtimeGrant | undefined {
  if (priority === 0) return undefined;
  const grant = new RealtimeGrant(threadId, priority, (verdict, realtimePriority) =>
    thread.emit({ kind: 'realtime-budget', verdict, realtimePriority }),
  );
  thread.watch((verdict) => grant.take(verdict));
  return grant;
}
