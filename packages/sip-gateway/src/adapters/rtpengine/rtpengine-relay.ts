import { setInterval } from 'node:timers';
import type { PeerClass } from '../../call/peer-class.ts';
import { GatewayError } from '../../errors.ts';
import type { CallMedia, MediaEvent, MediaRelay, MediaTurn } from '../../media/media-relay.ts';
import { otherLeg, relayTurn, type PathTo } from '../../media/relay-turn.ts';
import type { ToldStreams } from '../../sdp/describe-for-leg.ts';
import { parseSessionDescription } from '../../sdp/session-description.ts';
import { mediaOfQuery } from './media-of-query.ts';
import { ngControl, type NgControl, type NgEndpoint } from './ng-control.ts';

export interface RtpengineRelayParts {
  /** Which address a peer is told: `peerPath` of the gateway's networks. */
  readonly pathTo: PathTo;
  readonly control: NgEndpoint;
  /** rtpengine's interface (the name before the slash in --interface) for each class of peer; without it, its default. */
  readonly interfaces?: Readonly<Record<PeerClass, string>>;
}

export interface RtpengineRelayOptions {
  /** How long a request may take. Default 1 second: a caller waits. */
  readonly timeoutMs?: number;
  /** How often it is asked whether its calls are still there: it drops those without media. Default 15 seconds. */
  readonly pollMs?: number;
}

/**
 * A media relay by an rtpengine daemon, which has one socket for all peers: it needs the delivery
 * mode `translate`, or one interface for each class of peer. What rtpengine tells is compared with what the peer must be told. It says
 * no media-started, and media-timed-out when rtpengine has dropped a call by itself.
 */
export function rtpengineRelay(
  parts: RtpengineRelayParts,
  { timeoutMs = 1000, pollMs = 15_000 }: RtpengineRelayOptions = {},
): MediaRelay {
  const control = ngControl(parts.control, timeoutMs);
  const calls = new Set<string>();
  const listeners = new Set<(event: MediaEvent) => void>();
  const timer = setInterval(() => void findDropped(control, calls, listeners), pollMs);
  timer.unref();
  const release = async (callId: string): Promise<void> => {
    calls.delete(callId);
    // without it rtpengine goes on relaying a deleted call for 30 seconds
    await control.ask('delete', { 'call-id': callId, 'delete-delay': 0 });
  };
  return {
    async offer(turn) {
      const { told, from } = tagsOf(turn);
      calls.add(turn.callId);
      const direction = directionOf(parts, turn);
      return turnStreams(parts.pathTo, turn, () =>
        control.ask('offer', { ...bodyOf(turn), 'from-tag': from, ...told, ...direction }),
      );
    },
    async answer(turn) {
      const { from, other } = tagsOf(turn);
      return turnStreams(parts.pathTo, turn, () =>
        control.ask('answer', { ...bodyOf(turn), 'from-tag': other, 'to-tag': from }),
      );
    },
    release,
    statistics: (callId) => statistics(control, callId),
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      clearInterval(timer);
      listeners.clear();
      const released = await Promise.allSettled([...calls].map(release));
      await control.close();
      const failed = released.find((each) => each.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

/** rtpengine knows the legs of a call by tags: ours are the legs' names, with the dialog behind b where there is one. */
function tagsOf({ from, dialog }: MediaTurn): {
  readonly from: string;
  readonly other: string;
  readonly told: object;
} {
  const b = dialog === undefined ? 'b' : `b ${dialog}`;
  const [own, other] = from === 'a' ? ['a', b] : [b, 'a'];
  const isKnown = from === 'b' || dialog !== undefined;
  return { from: own, other, told: isKnown ? { 'to-tag': other } : {} };
}

function bodyOf({ callId, description }: MediaTurn): object {
  return {
    'call-id': callId,
    sdp: description.text,
    ICE: 'remove',
    replace: ['origin', 'session-connection'],
  };
}

/** For an offer alone: rtpengine reads it the other way round in an answer. */
function directionOf({ interfaces, pathTo }: RtpengineRelayParts, turn: MediaTurn): object {
  if (interfaces === undefined) return {};
  const names = [turn.from, otherLeg(turn.from)].map((leg) => {
    const path = pathTo(turn.signalling[leg]);
    return path.kind === 'path' ? interfaces[path.peerClass] : interfaces.internet;
  });
  return { direction: names };
}

async function turnStreams(
  pathTo: PathTo,
  turn: MediaTurn,
  ask: () => ReturnType<NgControl['ask']>,
): Promise<ToldStreams> {
  const { streams, towards } = relayTurn(turn, pathTo);
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

/** An rtpengine that does not answer says nothing about its calls; they are asked for again. */
async function findDropped(
  control: NgControl,
  calls: Set<string>,
  listeners: ReadonlySet<(event: MediaEvent) => void>,
): Promise<void> {
  for (const callId of calls) {
    const isDropped = await control.ask('query', { 'call-id': callId }).then(
      (reply) => reply === undefined,
      () => false,
    );
    if (!isDropped || !calls.delete(callId)) continue;
    for (const listener of listeners) listener({ kind: 'media-timed-out', callId });
  }
}
