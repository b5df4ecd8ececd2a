import { setInterval } from 'node:timers';
import type { PeerClass } from '../../call/peer-class.ts';
import { GatewayError } from '../../errors.ts';
import type { CallMedia, MediaEvent, MediaRelay, MediaTurn } from '../../media/media-relay.ts';
import { pathMismatch } from '../../media/relay-refusal.ts';
import { otherLeg, relayTurn, type PathTo, type RelayStream } from '../../media/relay-turn.ts';
import type { ToldStreams } from '../../sdp/describe-for-leg.ts';
import { parseSessionDescription } from '../../sdp/session-description.ts';
import { mediaOfQuery } from './media-of-query.ts';
import { ngControl, type NgControl, type NgDictionary, type NgEndpoint } from './ng-control.ts';
import { RtpengineCalls } from './rtpengine-calls.ts';

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
  const calls = new RtpengineCalls({ control, emit, lostAfter });
  const timer = setInterval(() => void calls.poll(), pollMs);
  timer.unref();
  return {
    // its tags are the legs' names, whichever fork speaks: a tag for each would get each ports of its own
    async offer(turn) {
      const { callId, from } = turn;
      const body = { ...bodyOf(turn), ...directionOf(parts, turn) };
      return turnStreams(parts, turn, async () => {
        await calls.hold(callId);
        return control.ask('offer', { ...body, 'from-tag': from, 'to-tag': otherLeg(from) });
      });
    },
    async answer(turn) {
      const tags = { 'from-tag': otherLeg(turn.from), 'to-tag': turn.from };
      return turnStreams(parts, turn, () => control.ask('answer', { ...bodyOf(turn), ...tags }));
    },
    release: (callId) => calls.release(callId),
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

/**
 * Without them rtpengine takes packets of anybody in a call's first seconds, and sends the call's media to whoever was the
 * first then. So a peer that sends from another port than it told is not heard.
 */
const fromWhereToldAlone = ['strict-source', 'endpoint-learning-off'] as const;

/** Another fork, or a peer that moves: the other leg keeps the port that it was told. */
const portsStay = 'port-latching';

function bodyOf({ callId, description }: MediaTurn): NgDictionary {
  return {
    'call-id': callId,
    sdp: description.text,
    ICE: 'remove',
    // of its reply ports are taken alone: keys and fingerprints are the peers' own, and it must not end their DTLS
    passthrough: 'on',
    flags: [...fromWhereToldAlone, portsStay],
    // without the last a peer that holds with c=0.0.0.0 makes it tell that
    replace: ['origin', 'session-connection', 'zero-address'],
  };
}

/** For an offer alone: rtpengine reads it the other way round in an answer. */
function directionOf({ interfaces, pathTo }: RtpengineRelayParts, turn: MediaTurn): NgDictionary {
  if (interfaces === undefined) return {};
  const names = [turn.from, otherLeg(turn.from)].map((leg) => {
    const path = pathTo(turn.signalling[leg]);
    return path.kind === 'path' ? interfaces[path.peerClass] : interfaces.internet;
  });
  return { direction: names };
}

async function turnStreams(
  parts: RtpengineRelayParts,
  turn: MediaTurn,
  ask: () => ReturnType<NgControl['ask']>,
): Promise<ToldStreams> {
  const { streams, towards } = relayTurn(turn, parts.pathTo);
  if (parts.interfaces !== undefined) requireOneSocket(parts.pathTo, turn, streams);
  const reply = await ask();
  const sdp = reply?.['sdp'];
  if (typeof sdp !== 'string') throw refused(turn, 'it knows no such call');
  const told = parseSessionDescription(sdp).streams;
  return streams.map((wanted, at) => {
    const stream = told[at];
    if (wanted === undefined || stream?.kind !== 'relayed') return undefined;
    if (stream.rtp?.address === towards) return stream.rtp;
    throw refused(turn, `it tells ${stream.rtp?.address}, and the peer must be told ${towards}`);
  });
}

/**
 * The interface follows from where a leg's signalling is: media that needs another socket would come from an address
 * that the peer was not told.
 *
 * @throws GatewayError MediaPathMismatch
 */
function requireOneSocket(
  pathTo: PathTo,
  { from, signalling }: MediaTurn,
  streams: readonly (RelayStream | undefined)[],
): void {
  const path = pathTo(signalling[from]);
  if (path.kind !== 'path') return;
  for (const stream of streams) {
    if (stream?.rtp === undefined || stream.rtp.bind === path.bind) continue;
    throw pathMismatch(path.advertised, stream);
  }
}

function refused({ callId }: MediaTurn, because: string): GatewayError {
  return new GatewayError({
    code: 'MediaRelayRefused',
    message: `rtpengine's reply for the call ${callId} was refused: ${because}.`,
    remedy: "Let --interface advertise the public address: 'pub/PRIVATE!PUBLIC'.",
    retry: 'later',
  });
}

async function statistics(control: NgControl, callId: string): Promise<CallMedia | undefined> {
  const reply = await control.ask('query', { 'call-id': callId });
  return reply === undefined ? undefined : mediaOfQuery(reply);
}
