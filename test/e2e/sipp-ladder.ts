// What a failing test shows of the calls that went wrong, and the ladder's own search for private addresses.
import { boxAddresses, type CapturedPacket } from '@truetuple/lab';
import {
  privateAddressesIn,
  renderLadder,
  type CapturedDatagram,
} from '@truetuple/sip-gateway/ladder';
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
    const datagram = capturedDatagram(packet);
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

/** Private addresses in what came in by a link: of packets, and in SIP and SDP unless the host wrote them itself in that call. */
export function privateAddressesIncoming(packets: readonly CapturedPacket[]): readonly string[] {
  const echoed = new Map<string, CapturedDatagram[]>();
  return packets.flatMap((packet) => {
    const datagram = capturedDatagram(packet);
    if (datagram === undefined) return [];
    const { callId = '' } = sipOf(packet) ?? {};
    const said = echoed.get(callId) ?? [];
    if (packet.direction === 'outgoing') {
      if (callId !== '') echoed.set(callId, [...said, datagram]);
      return [];
    }
    const hosts = [datagram.source, datagram.destination].map(({ address }) => address);
    return [
      ...hosts.filter((address) => address.startsWith('10.')).map((host) => `${host} in a packet`),
      ...privateAddressesIn(datagram, { echoed: said }).map(
        ({ address, where }) => `${address} in ${where}`,
      ),
    ];
  });
}

function capturedDatagram(packet: CapturedPacket): CapturedDatagram | undefined {
  const { network } = packet.frame;
  if (network.kind !== 'ipv4' || network.transport.kind !== 'udp') return undefined;
  const { sourcePort, destinationPort, payload } = network.transport;
  return {
    atMs: Number(packet.atNs) / 1e6,
    source: { address: network.source, port: sourcePort },
    destination: { address: network.destination, port: destinationPort },
    payload,
  };
}
