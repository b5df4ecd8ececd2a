import { inputError } from '../errors.ts';
import { hostIsLittleEndian } from './byte-order.ts';
import { formatIpAddress, parseIpAddress } from './ip-address.ts';

const families = { netlink: 16, inet: 2, inet6: 10, packet: 17 } as const;

/** struct sockaddr_in or sockaddr_in6 for an address and a port; `scopeId` is for link-local IPv6. */
export function encodeInetAddress(address: string, port: number, scopeId = 0): Uint8Array {
  const ip = parseIpAddress(address);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw inputError(`${String(port)} is not a port`, 'Give a port from 0 to 65535.');
  }
  const bytes = new Uint8Array(ip.length === 4 ? 16 : 28);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, ip.length === 4 ? families.inet : families.inet6, hostIsLittleEndian);
  view.setUint16(2, port);
  bytes.set(ip, ip.length === 4 ? 4 : 8);
  if (ip.length === 16) view.setUint32(24, scopeId, hostIsLittleEndian);
  return bytes;
}

/** The inverse of {@link encodeInetAddress}; undefined for other families or too few bytes. */
export function decodeInetAddress(
  bytes: Uint8Array,
): { readonly address: string; readonly port: number } | undefined {
  if (bytes.length < 16) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const family = view.getUint16(0, hostIsLittleEndian);
  const port = view.getUint16(2);
  if (family === families.inet) return { address: formatIpAddress(bytes.subarray(4, 8)), port };
  if (family !== families.inet6 || bytes.length < 24) return undefined;
  return { address: formatIpAddress(bytes.subarray(8, 24)), port };
}

/** What {@link encodePacketAddress} takes. */
export interface PacketAddress {
  readonly linkIndex: number;
  /** Ethertype in host order: 0x0800 IPv4, 0x0806 ARP, 0x0003 (ETH_P_ALL) everything. */
  readonly protocol: number;
  /** The destination when sending: 6 bytes for Ethernet. */
  readonly hardwareAddress?: Uint8Array;
}

/** struct sockaddr_ll, packet(7). */
export function encodePacketAddress(address: PacketAddress): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  const hardware = address.hardwareAddress ?? new Uint8Array(0);
  if (hardware.length > 8) {
    throw inputError('the hardware address is too long', 'Give at most 8 bytes.');
  }
  view.setUint16(0, families.packet, hostIsLittleEndian);
  view.setUint16(2, address.protocol);
  view.setInt32(4, address.linkIndex, hostIsLittleEndian);
  view.setUint8(11, hardware.length);
  bytes.set(hardware, 12);
  return bytes;
}

/** struct sockaddr_nl, netlink(7): port id 0 lets the kernel choose. */
export function encodeNetlinkAddress(portId: number, groups: number): Uint8Array {
  const bytes = new Uint8Array(12);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, families.netlink, hostIsLittleEndian);
  view.setUint32(4, portId, hostIsLittleEndian);
  view.setUint32(8, groups, hostIsLittleEndian);
  return bytes;
}
