import { conntrackState } from '../schema/nftables.ts';
import { parseIpPrefix } from '../wire/ip-address.ts';
import { encodeDatum } from './datum.ts';
import type { Expression, PayloadWrite, Register } from './expression.ts';

/** As conntrack judges it: NF_CT_STATE_*. */
export type ConnectionState = keyof typeof conntrackState;

/** Whether the packet shall be so, or shall not. */
export interface MatchOptions {
  readonly not?: boolean;
}

// struct iphdr, struct ip6_hdr: where the addresses lie.
const addressOffset = {
  ipv4: { source: 12, destination: 16 },
  ipv6: { source: 8, destination: 24 },
} as const;
const ipv4ChecksumOffset = 10;

/** The packet came in by this link. */
export function matchInputLink(name: string, options: MatchOptions = {}): Expression[] {
  return [{ kind: 'meta', key: 'iifname' }, compare(encodeDatum('link-name', name), options)];
}

/** The packet goes out by this link. */
export function matchOutputLink(name: string, options: MatchOptions = {}): Expression[] {
  return [{ kind: 'meta', key: 'oifname' }, compare(encodeDatum('link-name', name), options)];
}

/** The source lies in this address or prefix; in families other than ip and ip6, match the family first. */
export function matchSource(cidr: string, options: MatchOptions = {}): Expression[] {
  return matchAddress('source', cidr, options);
}

/** As {@link matchSource}, of the destination. */
export function matchDestination(cidr: string, options: MatchOptions = {}): Expression[] {
  return matchAddress('destination', cidr, options);
}

/** 6 TCP, 17 UDP, 1 ICMP. */
export function matchProtocol(protocol: number, options: MatchOptions = {}): Expression[] {
  return [{ kind: 'meta', key: 'l4proto' }, compare(Uint8Array.of(protocol), options)];
}

/** The connection that the packet belongs to is in one of these states. */
export function matchConnectionState(...states: readonly ConnectionState[]): Expression[] {
  const mask = encodeDatum(
    'mark',
    states.reduce((sum, state) => sum | conntrackState[state], 0),
  );
  return [
    { kind: 'conntrack', key: 'state' },
    { kind: 'bitwise', mask, xor: new Uint8Array(4) },
    { kind: 'compare', operator: 'not-equal', value: new Uint8Array(4) },
  ];
}

/** TCP or UDP to this port. */
export function matchDestinationPort(protocol: 'tcp' | 'udp', port: number): Expression[] {
  return [
    ...matchProtocol(protocol === 'tcp' ? 6 : 17),
    { kind: 'payload', base: 'transport', offset: 2, length: 2 },
    compare(encodeDatum('port', port), {}),
  ];
}

/** TCP or UDP from this port. */
export function matchSourcePort(protocol: 'tcp' | 'udp', port: number): Expression[] {
  return [
    ...matchProtocol(protocol === 'tcp' ? 6 : 17),
    { kind: 'payload', base: 'transport', offset: 0, length: 2 },
    compare(encodeDatum('port', port), {}),
  ];
}

/** The packet's source to a register. */
export function loadSource(family: 'ipv4' | 'ipv6', register: Register = 1): Expression {
  return loadAddress(family, 'source', register);
}

/** The packet's destination to a register. */
export function loadDestination(family: 'ipv4' | 'ipv6', register: Register = 1): Expression {
  return loadAddress(family, 'destination', register);
}

/** A register to the packet's source, with the checksums of the header and of TCP, UDP and ICMPv6 mended. */
export function writeSource(family: 'ipv4' | 'ipv6', register: Register = 1): PayloadWrite {
  return writeAddress(family, 'source', register);
}

/** As {@link writeSource}, to the destination. */
export function writeDestination(family: 'ipv4' | 'ipv6', register: Register = 1): PayloadWrite {
  return writeAddress(family, 'destination', register);
}

type Side = 'source' | 'destination';

function loadAddress(family: 'ipv4' | 'ipv6', side: Side, register: Register): Expression {
  const length = family === 'ipv4' ? 4 : 16;
  const offset = addressOffset[family][side];
  return { kind: 'payload', base: 'network', offset, length, register };
}

/** IPv6 has no checksum of its own. */
function writeAddress(family: 'ipv4' | 'ipv6', side: Side, register: Register): PayloadWrite {
  return {
    kind: 'payload-write',
    base: 'network',
    offset: addressOffset[family][side],
    length: family === 'ipv4' ? 4 : 16,
    register,
    checksum: family === 'ipv4' ? 'inet' : 'none',
    checksumOffset: family === 'ipv4' ? ipv4ChecksumOffset : 0,
    pseudoHeader: true,
  };
}

/** Whole bytes are compared as they are; else the whole address, with what is beyond the prefix masked out. */
function matchAddress(side: Side, cidr: string, options: MatchOptions): Expression[] {
  const { family, bytes, prefixLength } = parseIpPrefix(cidr);
  if (prefixLength === 0) return [];
  const isWhole = prefixLength % 8 === 0;
  const length = isWhole ? prefixLength / 8 : bytes.length;
  const offset = addressOffset[family][side];
  const load: Expression = { kind: 'payload', base: 'network', offset, length };
  const mask = Uint8Array.from({ length }, (_, at) => maskByte(prefixLength - at * 8));
  const network = bytes.slice(0, length).map((byte, at) => byte & (mask[at] ?? 0));
  if (isWhole) return [load, compare(network, options)];
  const xor = new Uint8Array(length);
  return [load, { kind: 'bitwise', mask, xor }, compare(network, options)];
}

/** The first `bits` of a byte set; below 0 none, above 8 all. */
function maskByte(bits: number): number {
  return 256 - 2 ** Math.min(8, Math.max(0, 8 - bits));
}

function compare(value: Uint8Array, options: MatchOptions): Expression {
  return { kind: 'compare', operator: options.not === true ? 'not-equal' : 'equal', value };
}
