// What a failing test shows of the calls that went wrong.
import { boxAddresses, udpDatagram, type CapturedPacket } from '@truetuple/lab';
import { renderLadder } from '@truetuple/sip-gateway/ladder';
import { publicIp } from '../netns/tuple-matrix-situation.ts';
import { sipOf } from './link-wire.ts';
import type { LinkCall } from './sipp-link-calls.ts';

const names = {
  [boxAddresses.peer]: 'Internet host',
  [boxAddresses.client]: 'VPC host',
  [publicIp]: 'gateway',
};

/** These calls, drawn from what a link carried; of many the first two. */
export function ladderOf(packets: readonly CapturedPacket[], calls: readonly LinkCall[]): string {
  const drawn = calls.slice(0, 2);
  const tuples = new Set(drawn.flatMap(({ told }) => told));
  const datagrams = packets.flatMap((packet) => {
    const datagram = udpDatagram(packet);
    if (datagram === undefined) return [];
    const { callId } = sipOf(packet) ?? {};
    const { source, destination } = datagram;
    const isIn =
      callId === undefined
        ? [source, destination].some(({ address, port }) => tuples.has(`${address}:${port}`))
        : drawn.some((call) => call.callId === callId);
    return isIn ? [datagram] : [];
  });
  return ['', ...renderLadder(datagrams, { names })].join('\n');
}
