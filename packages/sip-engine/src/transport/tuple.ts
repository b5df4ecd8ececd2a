/** An IP address and a UDP or TCP port. */
export interface Tuple {
  /** IPv4 or IPv6 literal, without brackets. */
  readonly address: string;
  readonly port: number;
}

/** "192.0.2.1:5060" or "[2001:db8::1]:5060": for messages, and as a map key. */
export function tupleText({ address, port }: Tuple): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
