import { tupleText, type Tuple } from '@truetuple/sip-engine';

/** Names of hosts: by "192.0.2.1:5060" or, for all ports, by "192.0.2.1". */
export type HostNames = Readonly<Record<string, string>>;

/** What a host is called: its name, or its address. Tuples of the same name are one host. */
export function hostOf(names: HostNames, tuple: Tuple): string {
  return names[tupleText(tuple)] ?? names[tuple.address] ?? tuple.address;
}

/** Whether it is an address and not a name. */
export function isAddress(host: string): boolean {
  return host.includes(':') || /^\d+\.\d+\.\d+\.\d+$/u.test(host);
}

/** The same address is the same text: IPv6 as RFC 5952 writes it. */
export function canonicalAddress(host: string): string {
  const url = `http://[${host}]/`;
  return host.includes(':') && URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : host;
}

export function isSameTuple(one: Tuple, other: Tuple): boolean {
  return one.port === other.port && one.address === other.address;
}
