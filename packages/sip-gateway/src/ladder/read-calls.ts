import type { Tuple } from '@truetuple/sip-engine';
import { asOutside } from './as-outside.ts';
import type { CapturedDatagram } from './captured-datagram.ts';
import { hostOf, type HostNames } from './host.ts';
import { LegJudge } from './judge-message.ts';
import type { LadderCall, LadderRow, MessageRow } from './ladder-call.ts';
import { MediaBursts } from './media-burst.ts';
import { MediaMap } from './media-map.ts';
import { pairLegs, type Leg } from './pair-legs.ts';
import { isText, MessageReader, type SeenMessage } from './seen-message.ts';
import { payloadNames } from './told-media.ts';

/** How the hosts of a capture are called and told apart. */
export interface ReadCallsOptions {
  /** What hosts are called, by "192.0.2.1" or "192.0.2.1:5060"; tuples of the same name are one host. */
  readonly names?: HostNames;
  /**
   * Public address of a private one, for a capture from within the VPC: what passes between that private address and the
   * Internet is read as the Internet sees it, behind the gateway that maps the one to the other.
   */
  readonly publicAddresses?: Readonly<Record<string, string>>;
  /** Whose messages are judged. Default: everybody's. */
  readonly isOurs?: (sender: Tuple) => boolean;
  /** Only the calls with a leg of this Call-ID. */
  readonly callId?: string;
  /** `apart`: each Call-ID is a call of its own. Default `together`: those of a back-to-back user agent are one. */
  readonly legs?: 'together' | 'apart';
}

/**
 * The calls in a capture: SIP by Call-ID, the media that their session descriptions lead to, and each sender's advertised tuples
 * against the observed ones. Media of no call, and what is neither, is left out. Reads hostile input; throws nothing.
 */
export function readCalls(
  datagrams: readonly CapturedDatagram[],
  options: ReadCallsOptions = {},
): readonly LadderCall[] {
  const { names = {}, callId: wanted, legs: pairing = 'together' } = options;
  const inOrder = datagrams
    .map((each) => asOutside(each, options.publicAddresses ?? {}))
    .toSorted((one, other) => one.atMs - other.atMs);
  const { messages: seen, legs, others } = readMessages(inOrder);
  const media = new MediaMap(names);
  for (const each of seen) media.tell(each);
  const bursts = new MediaBursts();
  for (const datagram of others) {
    const callId = media.see(datagram);
    if (callId !== undefined) bursts.take(datagram, callId);
  }
  const mediaRows = Map.groupBy(bursts.rows(payloadNamesOf(legs)), ({ callId }) => callId);
  const rowsOf = (leg: Leg): readonly LadderRow[] => [
    ...messageRows(leg, media, names, options),
    ...(mediaRows.get(leg.callId) ?? []),
  ];
  const groups = pairing === 'apart' ? legs.map((leg) => [leg]) : pairLegs(legs, names);
  return groups
    .map((group) => ({
      callIds: group.map(({ callId }) => callId),
      rows: group.flatMap(rowsOf).toSorted((one, other) => one.atMs - other.atMs),
      unreadable: group.flatMap(({ unreadable }) => unreadable),
    }))
    .filter(({ callIds }) => wanted === undefined || callIds.includes(wanted));
}

interface ReadMessages {
  /** In the order of time. */
  readonly messages: readonly SeenMessage[];
  readonly legs: readonly Leg[];
  /** What is no SIP. */
  readonly others: readonly CapturedDatagram[];
}

function readMessages(datagrams: readonly CapturedDatagram[]): ReadMessages {
  const reader = new MessageReader();
  const legs = new Map<string, Leg>();
  const messages: SeenMessage[] = [];
  const others: CapturedDatagram[] = [];
  for (const datagram of datagrams) {
    const seen = isText(datagram) ? reader.take(datagram) : undefined;
    if (seen === 'repeated') continue;
    if (seen === undefined) {
      others.push(datagram);
      continue;
    }
    const callId = 'essentials' in seen ? seen.essentials.callId : seen.callId;
    const leg = legs.get(callId) ?? { callId, messages: [], unreadable: [] };
    legs.set(callId, leg);
    if ('essentials' in seen) {
      leg.messages.push(seen);
      messages.push(seen);
    } else leg.unreadable.push(seen);
  }
  return { messages, legs: [...legs.values()], others };
}

function payloadNamesOf(
  legs: readonly Leg[],
): (callId: string, payloadType: number) => string | undefined {
  const names = new Map<string, string>();
  for (const { callId, messages } of legs) {
    for (const { message } of messages) {
      for (const [type, name] of payloadNames(message.body)) names.set(`${type} ${callId}`, name);
    }
  }
  return (callId, type) => names.get(`${type} ${callId}`);
}

function messageRows(
  { messages }: Leg,
  media: MediaMap,
  names: HostNames,
  { isOurs = () => true }: ReadCallsOptions,
): readonly MessageRow[] {
  const judge = new LegJudge(names, media);
  return messages.map((seen, index) => {
    const told = judge.judge(seen, nextDescription(messages, index, names));
    return messageRow(seen, isOurs(seen.first.source) ? told : []);
  });
}

/** When the sender of this message tells that receiver of other media tuples. */
function nextDescription(
  messages: readonly SeenMessage[],
  index: number,
  names: HostNames,
): number {
  const from = messages[index];
  if (from === undefined || from.streams.length === 0) return Infinity;
  const [sender, receiver] = [
    hostOf(names, from.first.source),
    hostOf(names, from.first.destination),
  ];
  const told = JSON.stringify(from.streams);
  const next = messages.find(
    ({ first, streams }, at) =>
      at > index &&
      streams.length > 0 &&
      hostOf(names, first.source) === sender &&
      hostOf(names, first.destination) === receiver &&
      JSON.stringify(streams) !== told,
  );
  return next?.first.atMs ?? Infinity;
}

function messageRow(
  { first, message, essentials, streams, times, lastAtMs }: SeenMessage,
  told: MessageRow['told'],
): MessageRow {
  const { atMs, source, destination } = first;
  const isRequest = message.kind === 'request';
  return {
    kind: 'message',
    atMs,
    lastAtMs,
    times,
    source,
    destination,
    callId: essentials.callId,
    method: isRequest ? message.method : undefined,
    requestUri: isRequest ? message.requestUri : undefined,
    status: isRequest ? undefined : message.status,
    reasonPhrase: isRequest ? undefined : message.reasonPhrase,
    cseq: essentials.cseq,
    hasSdp: streams.length > 0,
    told,
  };
}
