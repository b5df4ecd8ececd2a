/** Port: names to addresses. Real: `systemResolver`. Fake: testing/scripted-resolver. */
export interface Resolver {
  /** IPv4 and IPv6 addresses of a name, in the order to try them. Rejects when there are none. */
  addressesOf(name: string): Promise<readonly string[]>;
}
