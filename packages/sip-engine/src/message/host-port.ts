/** A host and perhaps a port, as SIP writes them. */
export interface HostPort {
  /** A name, an IPv4 address, or an IPv6 address without its brackets; as written. */
  readonly host: string;
  /** 1 to 65535; undefined when none is written. */
  readonly port: number | undefined;
}
