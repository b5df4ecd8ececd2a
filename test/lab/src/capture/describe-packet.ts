import type { Frame, Ipv4Packet, Malformed, Transport } from './packet.ts';

/** One line for a person: `10.0.1.100:5060 > 203.0.113.50:5060 UDP 3 bytes`. */
export function describeFrame(frame: Frame): string {
  const { network } = frame;
  switch (network.kind) {
    case 'arp':
      return network.operation === 'reply'
        ? `ARP ${network.senderIp} is at ${network.senderMac}`
        : `ARP who has ${network.targetIp}, tell ${network.senderIp}`;
    case 'ipv4':
      return describeIpv4(network);
    case 'other':
      return `EtherType 0x${network.etherType.toString(16).padStart(4, '0')}`;
    case 'malformed':
      return `malformed (${network.reason})`;
    default:
      throw new TypeError(`unknown packet ${JSON.stringify(network satisfies never)}`);
  }
}

function describeIpv4(packet: Ipv4Packet | Malformed): string {
  if (packet.kind === 'malformed') return `malformed (${packet.reason})`;
  const { transport } = packet;
  const hasPorts = transport.kind === 'udp' || transport.kind === 'tcp';
  const from = hasPorts ? `${packet.source}:${transport.sourcePort}` : packet.source;
  const to = hasPorts ? `${packet.destination}:${transport.destinationPort}` : packet.destination;
  const piece = packet.isFragment ? `, fragment at ${packet.fragmentOffset}` : '';
  return `${from} > ${to} ${describeTransport(transport)}${piece}`;
}

function describeTransport(transport: Transport): string {
  switch (transport.kind) {
    case 'udp':
      return `UDP ${transport.length} bytes`;
    case 'tcp':
      return `TCP [${transport.flags.join(' ')}] ${transport.payload.length} bytes`;
    case 'icmp':
      return transport.inner === undefined
        ? `ICMP type ${transport.type} code ${transport.code}`
        : `ICMP type ${transport.type} code ${transport.code} about (${describeIpv4(transport.inner)})`;
    case 'later-fragment':
      return `${transport.length} bytes`;
    case 'other':
      return `protocol ${transport.protocol}`;
    case 'malformed':
      return `malformed (${transport.reason})`;
    default:
      throw new TypeError(`unknown transport ${JSON.stringify(transport satisfies never)}`);
  }
}
