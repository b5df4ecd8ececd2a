import { GatewayError } from '../errors.ts';
import { otherLeg, type PathTo } from '../media/relay-turn.ts';
import type { LegName, MediaRelay, MediaTurn } from '../media/media-relay.ts';
import { isLoopback, type Ipv4Address } from '../address.ts';
import { strangersIn } from '../sdp/addresses-in.ts';
import { checkAnswer } from '../sdp/check-answer.ts';
import { describeForLeg, newLegSession, type LegSession } from '../sdp/describe-for-leg.ts';
import { parseSessionDescription, type SessionDescription } from '../sdp/session-description.ts';
import type { CallEffect } from './call-effect.ts';
import type { PeerPath } from './peer-class.ts';

export interface DescribedLegsParts {
  readonly relay: MediaRelay;
  readonly pathTo: PathTo;
  readonly callId: string;
  /** Where each leg's signalling goes. */
  readonly signalling: Readonly<Record<LegName, Ipv4Address>>;
  /** sess-id of our o= line to each leg. */
  readonly sessionIds: Readonly<Record<LegName, string>>;
}

/** Session descriptions on their way through the relay: what each leg was told so far. */
export class DescribedLegs {
  readonly #parts: DescribedLegsParts;
  readonly #sessions: Record<LegName, LegSession>;
  #offer: SessionDescription | undefined;

  constructor(parts: DescribedLegsParts) {
    this.#parts = parts;
    const { a, b } = parts.sessionIds;
    this.#sessions = { a: newLegSession(a), b: newLegSession(b) };
  }

  /**
   * Takes an offer or answer to the relay and gives the text for the other leg.
   *
   * @throws GatewayError whatever the description, the address or the relay has against it
   */
  async turn(effect: CallEffect & { readonly kind: 'relay' }): Promise<string> {
    const { relay, callId, signalling } = this.#parts;
    const { act, from, sdp } = effect;
    const description = parseSessionDescription(sdp);
    if (act === 'offer') this.#offer = description;
    else if (this.#offer !== undefined) checkAnswer(this.#offer, description);
    this.#requireOwnNetwork(signalling[from], description);
    const turn: MediaTurn = { callId, from, description, signalling };
    const streams = act === 'offer' ? await relay.offer(turn) : await relay.answer(turn);
    const to = otherLeg(from);
    const own = this.#advertisedTo(signalling[to]);
    const told = describeForLeg(this.#sessions[to], description, { own, streams });
    const [stranger] = strangersIn(told.text, [own]);
    if (stranger !== undefined) throw tellsStranger(stranger, own);
    this.#sessions[to] = told.session;
    return told.text;
  }

  /**
   * A peer is told one address for signalling and media: media that would see another one is refused before anybody is called, and so is
   * media in the VPC, or on this machine, for a peer that is not there.
   */
  #requireOwnNetwork(peer: Ipv4Address, { streams }: SessionDescription): void {
    const own = this.#pathTo(peer);
    for (const stream of streams) {
      if (stream.kind !== 'relayed' || stream.rtp === undefined) continue;
      const { address } = stream.rtp;
      const { advertised, peerClass } = this.#pathTo(address);
      const isElsewhere = own.peerClass === 'internet' && peerClass !== 'internet';
      const isOurs = isLoopback(address) && !isLoopback(peer);
      if (advertised !== own.advertised || isElsewhere || isOurs)
        throw namesStranger(peer, address);
    }
  }

  #advertisedTo(peer: Ipv4Address): Ipv4Address {
    return this.#pathTo(peer).advertised;
  }

  #pathTo(peer: Ipv4Address): PeerPath & { readonly kind: 'path' } {
    const path = this.#parts.pathTo(peer);
    if (path.kind === 'path') return path;
    throw new GatewayError({
      code: path.code,
      message: `A session description was to go to ${peer}, but ${path.because}.`,
      remedy: 'Look for a route that leads back to this gateway.',
      retry: 'never',
    });
  }
}

function namesStranger(peer: Ipv4Address, media: Ipv4Address): GatewayError {
  return new GatewayError({
    code: 'MediaPathMismatch',
    message: `The session description of ${peer} names ${media} for its media, which is in another network than ${peer}.`,
    remedy:
      'Let the peer describe an address of the network that its signalling comes from; behind a NAT, by STUN or through an SBC.',
    retry: 'never',
  });
}

function tellsStranger(
  { address, where }: { readonly address: string; readonly where: string },
  own: Ipv4Address,
): GatewayError {
  return new GatewayError({
    code: 'MediaPathMismatch',
    message: `A session description would tell ${address} in ${where}, where the peer may be told ${own} alone.`,
    remedy: 'Let signalling and media of this peer be in the same network.',
    retry: 'never',
  });
}
