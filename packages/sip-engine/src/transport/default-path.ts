import type { HostPort } from '../message/host-port.ts';
import type { PathTo, SendPath } from './send-path.ts';
import type { Transport } from './transport.ts';

/** Without a rule of the user's own: one identity for every peer, whichever socket sends. */
export interface DefaultPathOptions {
  readonly transports: readonly Transport[];
  /** Instead of the bound tuple. */
  readonly contact: HostPort | undefined;
  readonly mediaHosts: readonly string[] | 'any' | undefined;
}

/**
 * The socket that the peer talked to; else the first one of the same family, on loopback exactly when the peer is.
 */
export function defaultPathTo({ transports, contact, mediaHosts }: DefaultPathOptions): PathTo {
  const paths = new Map<Transport, SendPath>();
  for (const transport of transports) {
    const { address, port } = transport.localAddress;
    const advertised = { host: contact?.host ?? address, port: contact?.port ?? port };
    const media = mediaHosts === undefined ? {} : { mediaHosts };
    paths.set(transport, { transport, advertised, ...media });
  }
  return ({ address }, preferred) => {
    const isUsable = preferred !== undefined && isSameFamily(preferred, address);
    const transport = isUsable ? preferred : fitting(transports, address);
    return transport === undefined ? undefined : paths.get(transport);
  };
}

function fitting(transports: readonly Transport[], address: string): Transport | undefined {
  const family = transports.filter((each) => isSameFamily(each, address));
  const isLocal = isLoopback(address);
  const same = family.find((each) => isLoopback(each.localAddress.address) === isLocal);
  return same ?? family[0];
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

function isSameFamily({ localAddress }: Transport, address: string): boolean {
  return localAddress.address.includes(':') === address.includes(':');
}
