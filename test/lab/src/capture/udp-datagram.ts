import type { CapturedPacket } from './capture.ts';

export interface UdpEnd {
  readonly address: string;
  readonly port: number;
}

/** A UDP datagram as a link had it, or a socket where links cannot be captured. */
export interface UdpDatagram {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly direction: CapturedPacket['direction'];
  readonly source: UdpEnd;
  readonly destination: UdpEnd;
  readonly payload: Uint8Array;
}

/** What a captured packet carries, if it is UDP over IPv4. */
export function udpDatagram({
  atNs,
  direction,
  frame: { network },
}: Pick<CapturedPacket, 'atNs' | 'direction' | 'frame'>): UdpDatagram | undefined {
  if (network.kind !== 'ipv4' || network.transport.kind !== 'udp') return undefined;
  const { sourcePort, destinationPort, payload } = network.transport;
  return {
    atMs: Number(atNs) / 1e6,
    direction,
    source: { address: network.source, port: sourcePort },
    destination: { address: network.destination, port: destinationPort },
    payload,
  };
}

/** Those of the packets that are. */
export function udpDatagrams(packets: readonly CapturedPacket[]): readonly UdpDatagram[] {
  return packets.flatMap((packet) => udpDatagram(packet) ?? []);
}
