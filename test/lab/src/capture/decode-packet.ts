import { decodeIpv4 } from './decode-ipv4.ts';
import type { ArpPacket, Frame, Malformed, NetworkPacket } from './packet.ts';

const etherTypeIpv4 = 0x0800;
const etherTypeArp = 0x0806;

/** Decodes an Ethernet II frame. Undefined when it is shorter than its own header. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < 14) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const etherType = view.getUint16(12);
  return {
    destinationMac: macText(bytes.subarray(0, 6)),
    sourceMac: macText(bytes.subarray(6, 12)),
    etherType,
    network: decodeNetwork(etherType, bytes.subarray(14)),
  };
}

function decodeNetwork(etherType: number, bytes: Uint8Array): NetworkPacket {
  if (etherType === etherTypeIpv4) return decodeIpv4(bytes);
  if (etherType === etherTypeArp) return decodeArp(bytes);
  return { kind: 'other', etherType };
}

function decodeArp(bytes: Uint8Array): ArpPacket | Malformed {
  if (bytes.length < 28) return { kind: 'malformed', reason: 'ARP: shorter than 28 bytes' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isEthernetIpv4 =
    view.getUint16(0) === 1 && view.getUint16(2) === etherTypeIpv4 && view.getUint16(4) === 0x0604;
  if (!isEthernetIpv4) return { kind: 'malformed', reason: 'ARP: not Ethernet with IPv4' };
  const operation = view.getUint16(6);
  return {
    kind: 'arp',
    operation: operation === 1 ? 'request' : operation === 2 ? 'reply' : 'other',
    senderMac: macText(bytes.subarray(8, 14)),
    senderIp: bytes.subarray(14, 18).join('.'),
    targetIp: bytes.subarray(24, 28).join('.'),
  };
}

function macText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':');
}
