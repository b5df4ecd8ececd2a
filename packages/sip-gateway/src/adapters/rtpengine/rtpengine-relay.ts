import { setInterval } from 'node:timers';
import type { PeerClass } from '../../call/peer-class.ts';
import type { CallMedia, MediaEvent, MediaRelay } from '../../media/media-relay.ts';
import type { PathTo } from '../../media/relay-turn.ts';
import { mediaOfQuery } from './media-of-query.ts';
import { ngControl, type NgControl, type NgEndpoint } from './ng-control.ts';
import { RtpengineCalls } from './rtpengine-calls.ts';
import { RtpengineTurns } from './rtpengine-turns.ts';

/** What the rtpengine adapter has to know of the networks, and of the daemon. */
export interface RtpengineRelayParts {
  /** Which address a peer is told: `peerPath` of the gateway's networks. */
  readonly pathTo: PathTo;
  readonly control: NgEndpoint;
  /** rtpengine's interface (the name before the slash in --interface) for each class of peer; without it, its default. */
  readonly interfaces?: Readonly<Record<PeerClass, string>>;
}

/** Times of the exchange with rtpengine. */
export interface RtpengineRelayOptions {
  /** How long a request may take. Default 1 second: a caller waits. */
  readonly timeoutMs?: number;
  /** How often it is asked whether its calls are still there: it drops those without media. Default 15 seconds. */
  readonly pollMs?: number;
}

/** Polls without an answer after which every call's media is taken for lost: a minute, at the default pace. */
const lostAfter = 4;

/**
 * A media relay by an rtpengine daemon, which has one socket for all peers of an interface: it needs one interface for
 * each class of peer, or the delivery mode `translate`. What rtpengine tells is compared with what the peer must be
 * told. It says no media-started; media-timed-out when rtpengine has dropped a call by itself; relay-failed once when it
 * was silent for four polls.
 */
export function rtpengineRelay(
  parts: RtpengineRelayParts,
  { timeoutMs = 1000, pollMs = 15_000 }: RtpengineRelayOptions = {},
): MediaRelay {
  const control = ngControl(parts.control, timeoutMs);
  const listeners = new Set<(event: MediaEvent) => void>();
  const emit = (event: MediaEvent): void => {
    for (const listener of listeners) listener(event);
  };
  const turns = new RtpengineTurns(parts, control);
  const calls = new RtpengineCalls({ control, emit, lostAfter });
  const timer = setInterval(() => void calls.poll(), pollMs);
  timer.unref();
  return {
    offer: (turn) =>
      turns.offer(turn, (offer) => calls.hold(turn.callId, () => control.ask('offer', offer))),
    answer: (turn) => turns.answer(turn),
    withdraw: (callId) => turns.withdraw(callId),
    async release(callId) {
      turns.forget(callId);
      await calls.release(callId);
    },
    statistics: (callId) => statistics(control, callId),
    counts: async () => ({
      calls: calls.size,
      pairs: undefined,
      media: undefined,
      nice: undefined,
      realtimePriority: undefined,
    }),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      clearInterval(timer);
      listeners.clear();
      try {
        await calls.releaseAll();
      } finally {
        await control.close();
      }
    },
  };
}

/**
 * The same, once the daemon has answered.
 *
 * @throws GatewayError MediaRelayUnreachable
 */
export async function openRtpengine(
  parts: RtpengineRelayParts,
  options: RtpengineRelayOptions = {},
): Promise<MediaRelay> {
  const control = ngControl(parts.control, options.timeoutMs ?? 1000);
  try {
    await control.ask('ping', {});
  } finally {
    await control.close();
  }
  return rtpengineRelay(parts, options);
}

async function statistics(control: NgControl, callId: string): Promise<CallMedia | undefined> {
  const reply = await control.ask('query', { 'call-id': callId });
  return reply === undefined ? undefined : mediaOfQuery(reply);
}
