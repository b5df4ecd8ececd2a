/** What a frame on a link says, decoded as far as a test needs it. Never reads beyond the bytes given. */
export interface Frame {
  readonly destinationMac: string;
  readonly sourceMac: string;
  /** EtherType, such as 0x0800 for IPv4. */
  readonly etherType: number;
  readonly network: NetworkPacket;
}

export type NetworkPacket =
  | ArpPacket
  | Ipv4Packet
  | { readonly kind: 'other'; readonly etherType: number }
  | Malformed;

export interface Malformed {
  readonly kind: 'malformed';
  /** Which layer, and what is wrong with it. */
  readonly reason: string;
}

/** RFC 826, Ethernet and IPv4 only. */
export interface ArpPacket {
  readonly kind: 'arp';
  readonly operation: 'request' | 'reply' | 'other';
  readonly senderMac: string;
  readonly senderIp: string;
  readonly targetIp: string;
}

/** RFC 791. */
export interface Ipv4Packet {
  readonly kind: 'ipv4';
  readonly source: string;
  readonly destination: string;
  readonly timeToLive: number;
  readonly protocol: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  /** True for every piece of a fragmented datagram, the first one included. */
  readonly isFragment: boolean;
  /** Bytes from the start of the whole datagram's payload. */
  readonly fragmentOffset: number;
  readonly transport: Transport;
}

export type Transport =
  | UdpDatagram
  | TcpSegment
  | IcmpMessage
  /** A later piece of a fragmented datagram: there is no transport header in it. */
  | { readonly kind: 'later-fragment'; readonly length: number }
  | { readonly kind: 'other'; readonly protocol: number }
  | Malformed;

/** RFC 768. */
export interface UdpDatagram {
  readonly kind: 'udp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Bytes that the header promises (without the header itself). */
  readonly length: number;
  /** As on the wire; 0 means none. Local senders may leave it to the (virtual) hardware: then it is partial. */
  readonly checksum: number;
  /** In a first fragment: only the part that lies in it. */
  readonly payload: Uint8Array;
}

/** RFC 9293. */
export interface TcpSegment {
  readonly kind: 'tcp';
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgement: number;
  readonly flags: readonly TcpFlag[];
  readonly payload: Uint8Array;
}

export type TcpFlag = 'FIN' | 'SYN' | 'RST' | 'PSH' | 'ACK' | 'URG';

/** RFC 792. */
export interface IcmpMessage {
  readonly kind: 'icmp';
  readonly type: number;
  readonly code: number;
  /** The packet an error message is about. */
  readonly inner?: Ipv4Packet | Malformed;
}
