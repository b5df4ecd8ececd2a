/** Port: names to addresses. Real: `systemResolver`. Fake: an object with this method. */
export interface Resolver {
  /** IPv4 and IPv6 addresses of a name, in the order to try them. Rejects when there are none. */
  addressesOf(name: string): Promise<readonly string[]>;
}
