import type { HostPort } from '../message/host-port.ts';
import { isSameHost } from '../message/ip-literal.ts';
import type { GuardedIdentity } from './finding.ts';

/** Whether this names the advertised tuple; a port that is not written is the usual one of the scheme. */
export function isOwnTuple(told: HostPort, own: GuardedIdentity, usualPort: number): boolean {
  if (isOwnName(told.host, own)) return true;
  const { host, port = 5060 } = own.advertised;
  return (told.port ?? usualPort) === port && isSameHost(told.host, host);
}

/** Whether media may be at this host. */
export function isMediaHost(told: string, own: GuardedIdentity): boolean {
  if (own.mediaHosts === 'any' || isOwnName(told, own)) return true;
  return own.mediaHosts.some((host) => isSameHost(host, told));
}

/** 0.0.0.0 and "::": no address at all (RFC 3264 8.4, RFC 8839 5.1). */
export function isNowhere(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isOwnName(host: string, { names }: GuardedIdentity): boolean {
  return names?.some((name) => isSameHost(name, host)) === true;
}
