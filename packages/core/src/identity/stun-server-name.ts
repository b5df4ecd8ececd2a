/** RFC 8489 section 7: the port of STUN over UDP. */
const defaultPort = 3478;

/** A STUN server, by name or address. */
export interface StunServerName {
  readonly host: string;
  readonly port: number;
}

/** "stun.example.com:3478", "198.51.100.50" or the like; undefined when it is none. IPv4 and names only. */
export function parseStunServer(text: string): StunServerName | undefined {
  const match = /^(?:stun:)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(\d{1,5}))?$/i.exec(text);
  const host = match?.[1];
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (host === undefined || port < 1 || port > 0xffff) return undefined;
  return { host, port };
}
