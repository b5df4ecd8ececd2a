import { advertisedTuples, parseMessage, type SipMessage } from '@truetuple/sip-engine';
import { decodeRtp } from '../../peers/rtp-packet.ts';
import type { CallLeg, TupleFacts } from '../report/report.ts';
import { formatTuple, type PeerClass, type Tuple } from '../traffic/flow.ts';
import type { UdpDatagram } from '../../capture/udp-datagram.ts';
import { privateAddressesIncoming } from '../../capture/private-addresses-incoming.ts';

export interface LegToRead {
  readonly peer: PeerClass;
  /** The far side's own sockets. */
  readonly sip: Tuple;
  readonly rtp: Tuple;
  readonly seen: readonly UdpDatagram[];
  /** The capture's file name in `--pcap`. */
  readonly file: string | undefined;
}

interface SeenMessage {
  readonly message: SipMessage;
  readonly method: string;
  readonly datagram: UdpDatagram;
}

/** What one far side was told and saw of a call. It knows nothing of the gateway but what came over the wire. */
export function readLeg({ peer, sip, rtp, seen, file }: LegToRead): CallLeg {
  const messages = seen.filter((datagram) => isAt(sip, datagram)).flatMap(readMessage);
  const told = messages.filter(({ datagram }) => datagram.direction === 'incoming');
  const media = seen.filter((datagram) => isAt(rtp, datagram));
  const heard = media.filter((datagram) => datagram.direction === 'incoming' && isRtp(datagram));
  return {
    peer,
    answered: hasFinal(messages, 'INVITE') && messages.some(({ method }) => method === 'ACK'),
    ended: hasFinal(messages, 'BYE'),
    sip: tupleFacts(
      told.flatMap(toldSip),
      told.map(({ datagram }) => datagram),
    ),
    rtp: tupleFacts(told.flatMap(toldRtp), heard),
    rtpSent: countRtp(media, 'outgoing'),
    rtpReceived: countRtp(media, 'incoming'),
    privateAddressesSeen: privateAddressesIncoming(seen).filter(
      ({ address }) => address !== sip.address,
    ),
    ...(file === undefined ? {} : { capture: { file } }),
  };
}

/** A 2xx to a BYE, whoever says it. */
export function isAnswerToBye(datagram: UdpDatagram): boolean {
  return hasFinal(readMessage(datagram), 'BYE');
}

function isAt(own: Tuple, { direction, source, destination }: UdpDatagram): boolean {
  const end = direction === 'incoming' ? destination : source;
  return end.address === own.address && end.port === own.port;
}

function readMessage(datagram: UdpDatagram): readonly SeenMessage[] {
  const parsed = parseMessage(datagram.payload);
  if (parsed.kind !== 'message') return [];
  const { message, essentials } = parsed;
  return [{ message, method: essentials.cseq.method, datagram }];
}

function hasFinal(messages: readonly SeenMessage[], wanted: string): boolean {
  return messages.some(
    ({ message, method }) =>
      method === wanted &&
      message.kind === 'response' &&
      message.status >= 200 &&
      message.status < 300,
  );
}

/** Contact, and the topmost Via of requests: that of a response is the far side's own, said back to it. */
function toldSip({ message }: SeenMessage): readonly string[] {
  return advertisedTuples(message)
    .filter(
      ({ kind, position }) =>
        kind === 'contact' || (kind === 'via' && position === 0 && message.kind === 'request'),
    )
    .map(({ host, port }) => formatTuple({ address: host, port: port ?? 5060 }));
}

function toldRtp({ message }: SeenMessage): readonly string[] {
  return advertisedTuples(message)
    .filter(({ kind }) => kind === 'sdp-media')
    .map(({ host, port }) => formatTuple({ address: host, port: port ?? 0 }));
}

function tupleFacts(told: readonly string[], arrived: readonly UdpDatagram[]): TupleFacts {
  return {
    advertised: [...new Set(told)],
    observed: [...new Set(arrived.map(({ source }) => formatTuple(source)))],
  };
}

function isRtp({ payload }: UdpDatagram): boolean {
  return decodeRtp(payload) !== undefined;
}

/** Distinct packets: one that came twice counts once. */
function countRtp(media: readonly UdpDatagram[], way: UdpDatagram['direction']): number {
  const packets = media
    .filter(({ direction }) => direction === way)
    .map(({ payload }) => decodeRtp(payload))
    .filter((packet) => packet !== undefined)
    .map(({ ssrc, sequence }) => `${ssrc} ${sequence}`);
  return new Set(packets).size;
}
