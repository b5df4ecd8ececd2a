import { privateAddressesIn } from '@truetuple/sip-gateway/ladder';
import type { PrivateAddress } from '../report/report.ts';
import type { SeenDatagram } from './phones.ts';

/**
 * Private addresses in what came to a far side: in SIP, in SDP, or as a packet's source. What it had written itself before, and
 * is only told again, is exempt.
 */
export function privateAddresses(seen: readonly SeenDatagram[]): readonly PrivateAddress[] {
  return seen.flatMap((datagram, at) => {
    if (datagram.direction === 'outgoing') return [];
    const echoed = seen.slice(0, at).filter(({ direction }) => direction === 'outgoing');
    // read as any other text would be
    const source = { payload: Buffer.from(`x:${datagram.source.address}`) };
    return [
      ...privateAddressesIn(datagram, { echoed }),
      ...privateAddressesIn(source).map(({ address }) => ({ address, where: 'source' })),
    ];
  });
}
