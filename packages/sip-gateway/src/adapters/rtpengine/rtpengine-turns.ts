import type { Ipv4Address } from '../../address.ts';
import { GatewayError } from '../../errors.ts';
import type { MediaTurn } from '../../media/media-relay.ts';
import { pathMismatch } from '../../media/relay-refusal.ts';
import { otherLeg, relayTurn, type PathTo, type RelayStream } from '../../media/relay-turn.ts';
import type { ToldStreams } from '../../sdp/describe-for-leg.ts';
import { parseSessionDescription } from '../../sdp/session-description.ts';
import { writeDescription, type WrittenStream } from '../../sdp/write-description.ts';
import type { NgControl, NgDictionary } from './ng-control.ts';
import type { RtpengineRelayParts } from './rtpengine-relay.ts';

/** What of the networks decides how rtpengine is told of a turn. */
type Networks = Pick<RtpengineRelayParts, 'pathTo' | 'interfaces'>;

type AskNg = (body: NgDictionary) => ReturnType<NgControl['ask']>;

interface OfferedTurn {
  readonly body: NgDictionary;
  readonly streams: readonly (RelayStream | undefined)[];
}

/** An offer and its answer, as rtpengine was told of them. */
interface AgreedTurns {
  readonly offer: OfferedTurn;
  readonly answer: NgDictionary;
}

/**
 * Offers and answers in rtpengine's words. It takes an offer for agreed at once, so that what each call agreed on last is kept here, to be
 * told again. Its tags are the legs' names, whichever fork speaks: a tag for each would get each ports of its own.
 */
export class RtpengineTurns {
  readonly #parts: Networks;
  readonly #control: Pick<NgControl, 'ask'>;
  readonly #offered = new Map<string, OfferedTurn>();
  readonly #agreed = new Map<string, AgreedTurns>();

  constructor(parts: Networks, control: Pick<NgControl, 'ask'>) {
    this.#parts = parts;
    this.#control = control;
  }

  offer(turn: MediaTurn, ask: AskNg): Promise<ToldStreams> {
    const { callId, from } = turn;
    const tags = { 'from-tag': from, 'to-tag': otherLeg(from) };
    return turnStreams(this.#parts, turn, (streams) => {
      const written = streams.map((stream) => stream && whereTold(stream));
      const body = { ...bodyOf(turn, written), ...directionOf(this.#parts, turn), ...tags };
      this.#offered.set(callId, { body, streams });
      return ask(body);
    });
  }

  /** To the last offer; each fork may answer the same one. */
  answer(turn: MediaTurn): Promise<ToldStreams> {
    const { callId, from, description } = turn;
    const tags = { 'from-tag': otherLeg(from), 'to-tag': from };
    return turnStreams(this.#parts, turn, (streams) => {
      const offered = this.#offered.get(callId);
      const written = streams.map((stream, at) => {
        if (stream !== undefined) return whereTold(stream);
        // what one fork closes another may open: rtpengine would not relay it any more
        const isClosed = description.streams[at]?.kind === 'disabled';
        return isClosed && offered?.streams[at] !== undefined ? held : undefined;
      });
      const answer = { ...bodyOf(turn, written), ...tags };
      if (offered !== undefined) this.#agreed.set(callId, { offer: offered, answer });
      return this.#control.ask('answer', answer);
    });
  }

  async withdraw(callId: string): Promise<void> {
    const agreed = this.#agreed.get(callId);
    if (agreed === undefined) return;
    this.#offered.set(callId, agreed.offer);
    await this.#control.ask('offer', agreed.offer.body);
    await this.#control.ask('answer', agreed.answer);
  }

  forget(callId: string): void {
    this.#offered.delete(callId);
    this.#agreed.delete(callId);
  }
}

/**
 * Without them rtpengine takes packets of anybody in a call's first seconds, and sends the call's media to whoever was the
 * first then. So a peer that sends from another port than it told is not heard.
 */
const fromWhereToldAlone = ['strict-source', 'endpoint-learning-off'] as const;

/** Another fork, or a peer that moves: the other leg keeps the port that it was told. */
const portsStay = 'port-latching';

/** It is told what it shall relay of a description, and nothing else, since it refuses the whole for what it cannot read. */
function bodyOf(
  { callId, description, from, signalling }: MediaTurn,
  streams: readonly (WrittenStream | undefined)[],
): NgDictionary {
  const own = signalling[from];
  return {
    'call-id': callId,
    sdp: writeDescription(description, { origin: `- 1 1 IN IP4 ${own}`, own, streams }),
    ICE: 'remove',
    // of its reply ports are taken alone: keys and fingerprints are the peers' own, and it must not end their DTLS; the first alone does not
    // keep it from a handshake that begins before it has the answer
    passthrough: 'on',
    DTLS: 'off',
    flags: [...fromWhereToldAlone, portsStay],
    // without the last a peer that holds with c=0.0.0.0 makes it tell that
    replace: ['origin', 'session-connection', 'zero-address'],
  };
}

/** A hold as before RFC 3264, and the discard port. */
const held: WrittenStream = {
  rtp: { address: '0.0.0.0' as Ipv4Address, port: 9 },
  rtcp: undefined,
};

/** It would send reports wherever a=rtcp says: without it they go where the media goes, one port up (RFC 3605). */
function whereTold({ rtp, rtcp }: RelayStream): WrittenStream {
  return rtp === undefined ? held : { rtp, rtcp };
}

/** For an offer alone: rtpengine reads it the other way round in an answer. */
function directionOf({ interfaces, pathTo }: Networks, turn: MediaTurn): NgDictionary {
  if (interfaces === undefined) return {};
  const names = [turn.from, otherLeg(turn.from)].map((leg) => {
    const path = pathTo(turn.signalling[leg]);
    return path.kind === 'path' ? interfaces[path.peerClass] : interfaces.internet;
  });
  return { direction: names };
}

async function turnStreams(
  parts: Networks,
  turn: MediaTurn,
  ask: (streams: readonly (RelayStream | undefined)[]) => ReturnType<AskNg>,
): Promise<ToldStreams> {
  const { streams, towards } = relayTurn(turn, parts.pathTo);
  if (parts.interfaces !== undefined) requireOneSocket(parts.pathTo, turn, streams);
  const reply = await ask(streams);
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
