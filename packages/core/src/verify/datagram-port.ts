import type { AddressFamily } from '../identity/ipv6-spec.ts';

/** One end of a UDP packet's way. The address is IPv4 dotted quads or IPv6 as RFC 5952 writes it. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What the system said no with, by its errno name such as EADDRINUSE. */
export interface SocketRefusal {
  readonly kind: 'refused';
  readonly errno: string;
}

/** A bound UDP socket. It never shares its port: no SO_REUSEADDR, no SO_REUSEPORT. */
export interface DatagramSocket {
  /** What it is bound to, the port never 0. */
  readonly local: Endpoint;
  /** Resolves once the system has taken it, or has refused it; never rejects. */
  send(bytes: Uint8Array, to: Endpoint): Promise<{ readonly kind: 'sent' } | SocketRefusal>;
  /** Each listener hears each datagram from then on; returns how to stop hearing. */
  listen(heard: (bytes: Uint8Array, from: Endpoint) => void): () => void;
  /** Resolves when the port is free again. A borrowed socket only stops hearing. */
  close(): Promise<void>;
}

/** A socket, or why there is none. */
export type OpenedSocket =
  | { readonly kind: 'open'; readonly socket: DatagramSocket }
  | SocketRefusal;

/** Port: UDP, and names of servers. Real: adapters/linux. Fake: testing/fake-internet. */
export interface DatagramPort {
  /** Binds exactly this address; port 0 lets the system choose. Refused with EADDRINUSE where somebody holds it. */
  open(local: Endpoint): Promise<OpenedSocket>;
  /** Addresses of a host name in one family, in the resolver's order; empty when there are none or nobody answers. */
  resolve(host: string, family: AddressFamily): Promise<readonly string[]>;
}

/** Port: unguessable bytes (RFC 8489 section 5: a transaction id is chosen at random out of 96 bits). */
export type RandomBytes = (length: number) => Uint8Array;

/** The key of an endpoint, and how it is told: 203.0.113.50:5060 or [2001:db8::1]:5060. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Whether both name the same UDP address and port. */
export function isSameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address === b.address;
}

/** The family of an address's text. */
export function familyOf(address: string): AddressFamily {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
