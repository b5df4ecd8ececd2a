import type { Tuple } from '@truetuple/sip-engine';
import type { CapturedDatagram } from './captured-datagram.ts';
import { isPrivateAddress } from './private-addresses.ts';

/** The datagram as the Internet sees it, where it passes between a mapped private address and the Internet. */
export function asOutside(
  datagram: CapturedDatagram,
  publicAddresses: Readonly<Record<string, string>>,
): CapturedDatagram {
  const { source, destination, atMs, payload } = datagram;
  const translate = (own: Tuple, other: Tuple): Tuple => {
    const address = publicAddresses[own.address];
    return address === undefined || isPrivateAddress(other.address)
      ? own
      : { address, port: own.port };
  };
  return {
    atMs,
    payload,
    source: translate(source, destination),
    destination: translate(destination, source),
  };
}
