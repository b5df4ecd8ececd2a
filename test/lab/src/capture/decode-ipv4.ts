import type {
  IcmpMessage,
  Ipv4Packet,
  Malformed,
  TcpFlag,
  TcpSegment,
  Transport,
  UdpDatagram,
} from './packet.ts';

const tcpFlags: readonly TcpFlag[] = ['FIN', 'SYN', 'RST', 'PSH', 'ACK', 'URG'];
/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
const icmpErrors: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);

/** Decodes an IPv4 packet; `inError` when it is the quoted start of one, which may end early. */
export function decodeIpv4(bytes: Uint8Array, inError = false): Ipv4Packet | Malformed {
  if (bytes.length < 20) return malformed('IPv4: shorter than 20 bytes');
  const view = viewOf(bytes);
  const headerLength = (view.getUint8(0) & 0x0f) * 4;
  const totalLength = view.getUint16(2);
  if (view.getUint8(0) >> 4 !== 4) return malformed('IPv4: version is not 4');
  if (headerLength < 20 || headerLength > bytes.length) return malformed('IPv4: header length');
  if (totalLength < headerLength) return malformed('IPv4: total length below the header');
  if (totalLength > bytes.length && !inError)
    return malformed('IPv4: total length beyond the frame');
  const fragment = view.getUint16(6);
  const fragmentOffset = (fragment & 0x1fff) * 8;
  const protocol = view.getUint8(9);
  const body = bytes.subarray(headerLength, Math.min(totalLength, bytes.length));
  const isFragment = (fragment & 0x3fff) !== 0;
  const mayEndEarly = inError || isFragment;
  return {
    kind: 'ipv4',
    source: bytes.subarray(12, 16).join('.'),
    destination: bytes.subarray(16, 20).join('.'),
    timeToLive: view.getUint8(8),
    protocol,
    identification: view.getUint16(4),
    dontFragment: (fragment & 0x4000) !== 0,
    isFragment,
    fragmentOffset,
    transport:
      fragmentOffset > 0
        ? { kind: 'later-fragment', length: body.length }
        : decodeTransport(protocol, body, mayEndEarly),
  };
}

function decodeTransport(protocol: number, bytes: Uint8Array, mayEndEarly: boolean): Transport {
  switch (protocol) {
    case 1:
      return decodeIcmp(bytes);
    case 6:
      return decodeTcp(bytes, mayEndEarly);
    case 17:
      return decodeUdp(bytes, mayEndEarly);
    default:
      return { kind: 'other', protocol };
  }
}

function decodeUdp(bytes: Uint8Array, mayEndEarly: boolean): UdpDatagram | Malformed {
  if (bytes.length < 8) return malformed('UDP: shorter than 8 bytes');
  const view = viewOf(bytes);
  const length = view.getUint16(4);
  if (length < 8) return malformed('UDP: length below the header');
  if (length > bytes.length && !mayEndEarly) return malformed('UDP: length beyond the packet');
  return {
    kind: 'udp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    length: length - 8,
    checksum: view.getUint16(6),
    payload: bytes.subarray(8, Math.min(length, bytes.length)),
  };
}

function decodeTcp(bytes: Uint8Array, mayEndEarly: boolean): TcpSegment | Malformed {
  if (bytes.length < 20 && !(mayEndEarly && bytes.length >= 8)) {
    return malformed('TCP: shorter than 20 bytes');
  }
  const view = viewOf(bytes);
  const whole = bytes.length >= 20;
  const headerLength = whole ? (view.getUint8(12) >> 4) * 4 : bytes.length;
  if (whole && (headerLength < 20 || (headerLength > bytes.length && !mayEndEarly))) {
    return malformed('TCP: header length');
  }
  const flagBits = whole ? view.getUint8(13) : 0;
  return {
    kind: 'tcp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: whole ? view.getUint32(8) : 0,
    flags: tcpFlags.filter((_, bit) => (flagBits & (1 << bit)) !== 0),
    payload: bytes.subarray(headerLength),
  };
}

function decodeIcmp(bytes: Uint8Array): IcmpMessage | Malformed {
  if (bytes.length < 8) return malformed('ICMP: shorter than 8 bytes');
  const view = viewOf(bytes);
  const message = { kind: 'icmp', type: view.getUint8(0), code: view.getUint8(1) } as const;
  if (!icmpErrors.has(message.type)) return message;
  return {
    kind: 'icmp',
    type: message.type,
    code: message.code,
    inner: decodeIpv4(bytes.subarray(8), true),
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function malformed(reason: string): Malformed {
  return { kind: 'malformed', reason };
}
