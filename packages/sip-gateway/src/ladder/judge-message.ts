import { advertisedTuples, tupleText, type Tuple } from '@truetuple/sip-engine';
import { canonicalAddress, hostOf, isAddress, isSameTuple, type HostNames } from './host.ts';
import type { JudgedTuple, ToldIn } from './ladder-call.ts';
import type { MediaMap, Sighting } from './media-map.ts';
import type { SeenMessage } from './seen-message.ts';
import type { ToldStream } from './told-media.ts';

/** One leg's messages are judged one after the other: what a host only passes on is not its own. */
export class LegJudge {
  readonly #names: HostNames;
  readonly #media: MediaMap;
  /** What each host was told by others. */
  readonly #heard = new Map<string, Set<string>>();

  constructor(names: HostNames, media: MediaMap) {
    this.#names = names;
    this.#media = media;
  }

  /**
   * The sender's own tuples: topmost Via of a request and Contact against where the datagram came from, c= with m= and
   * a=rtcp against where the sender's media comes from.
   *
   * @param untilMs when the sender describes its media anew
   */
  judge(seen: SeenMessage, untilMs: number): readonly JudgedTuple[] {
    const { first } = seen;
    const own = [...signallingTuples(seen), ...this.#mediaTuples(seen, untilMs)];
    const sender = this.#heardBy(hostOf(this.#names, first.source));
    const receiver = this.#heardBy(hostOf(this.#names, first.destination));
    const judged = own.filter((each) => each.where === 'Via' || !sender.has(heardText(each)));
    for (const each of own) receiver.add(heardText(each));
    return judged;
  }

  #heardBy(host: string): Set<string> {
    const heard = this.#heard.get(host) ?? new Set<string>();
    this.#heard.set(host, heard);
    return heard;
  }

  #mediaTuples(seen: SeenMessage, untilMs: number): readonly JudgedTuple[] {
    return seen.streams.flatMap((stream) => [
      this.#judgeMedia(seen, stream, 'rtp', untilMs),
      ...(stream.saysRtcp ? [this.#judgeMedia(seen, stream, 'rtcp', untilMs)] : []),
    ]);
  }

  #judgeMedia(
    { first, essentials: { callId } }: SeenMessage,
    { index, media, rtp, rtcp }: ToldStream,
    component: 'rtp' | 'rtcp',
    untilMs: number,
  ): JudgedTuple {
    const told = component === 'rtp' ? rtp : rtcp;
    const where = component === 'rtp' ? 'c=,m=' : 'a=rtcp';
    const advertised = { address: canonicalAddress(told.address), port: told.port };
    if (rtp.port === 0 || isNobody(told.address) || !isAddress(told.address)) {
      return { where, media, advertised, observed: undefined, verdict: 'not-judged' };
    }
    const from = hostOf(this.#names, first.source);
    const to = hostOf(this.#names, first.destination);
    const sightings = this.#media
      .sightings({ callId, from, to, index, component })
      .filter(({ firstAtMs, lastAtMs }) => lastAtMs >= first.atMs && firstAtMs < untilMs);
    const observed = observedTuple(advertised, sightings, first.atMs);
    if (observed === undefined) return { where, media, advertised, observed, verdict: 'not-seen' };
    const verdict = isSameTuple(observed, advertised) ? 'same' : 'different';
    return { where, media, advertised, observed, verdict };
  }
}

/**
 * The source to hold against the advertised tuple. Others of other hosts are strays when the advertised one was seen too; one of
 * the same host that began after the message is not.
 */
function observedTuple(
  advertised: Tuple,
  sightings: readonly Sighting[],
  toldAtMs: number,
): Tuple | undefined {
  const right = sightings.find(({ source }) => isSameTuple(source, advertised));
  const wrong = sightings.find(
    ({ source, host, firstAtMs }) =>
      !isSameTuple(source, advertised) &&
      (right === undefined || (host === right.host && firstAtMs >= toldAtMs)),
  );
  return (wrong ?? right)?.source;
}

function signallingTuples({ first: { source }, message }: SeenMessage): readonly JudgedTuple[] {
  const tuples: JudgedTuple[] = [];
  const saysContact = message.kind === 'request' || message.status < 300;
  for (const { kind, position, host, port, text } of advertisedTuples(message)) {
    const isVia = kind === 'via' && position === 0 && message.kind === 'request';
    const where = isVia ? 'Via' : kind === 'contact' && saysContact ? 'Contact' : undefined;
    if (where !== undefined) tuples.push(judgeSignalling(where, { host, port, text }, source));
  }
  return tuples;
}

function judgeSignalling(
  where: ToldIn,
  {
    host,
    port,
    text,
  }: { readonly host: string; readonly port: number | undefined; readonly text: string },
  observed: Tuple,
): JudgedTuple {
  // RFC 3261 19.1.2 and 18.1.1: the port that is meant when none is written
  const usualPort = /sips:|\/TLS\s/iu.test(text) ? 5061 : 5060;
  const advertised = { address: canonicalAddress(host), port: port ?? usualPort };
  const isSame = isSameTuple(advertised, observed);
  const verdict = !isAddress(host) ? 'not-judged' : isSame ? 'same' : 'different';
  return { where, media: undefined, advertised, observed, verdict };
}

function isNobody(address: string): boolean {
  return address === '0.0.0.0' || canonicalAddress(address) === '::';
}

function heardText({ where, advertised }: JudgedTuple): string {
  return `${where} ${tupleText(advertised)}`;
}
