import { isIpv4, isIpv6 } from '../message/ip-literal.ts';
import { parameterValue } from '../message/parameter.ts';
import type { SipUri } from '../message/uri.ts';

/** Where a request for a URI goes, before names are resolved (RFC 3263 4). */
export type NextHop =
  | {
      readonly kind: 'tuple';
      readonly transport: string;
      readonly address: string;
      readonly port: number;
    }
  | {
      readonly kind: 'name';
      readonly transport: string;
      readonly name: string;
      readonly port: number;
    };

/**
 * RFC 3263 4.1 and 4.2 as far as they need no NAPTR and SRV: `maddr` before the host, the transport parameter before the
 * default (udp; tls for sips), the written port before the default (5060; 5061 for tls).
 */
export function nextHop(uri: SipUri): NextHop {
  const isSecure = uri.scheme === 'sips';
  const asked = parameterValue(uri.parameters, 'transport')?.toLowerCase();
  const transport = asked ?? (isSecure ? 'tls' : 'udp');
  const port = uri.port ?? (isSecure || transport === 'tls' ? 5061 : 5060);
  const host = parameterValue(uri.parameters, 'maddr')?.replaceAll(/^\[|\]$/gu, '') ?? uri.host;
  return isIpv4(host) || isIpv6(host)
    ? { kind: 'tuple', transport, address: host, port }
    : { kind: 'name', transport, name: host, port };
}
