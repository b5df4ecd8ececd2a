import { headerValue, parseMessage } from '@truetuple/sip-engine';
import {
  isPrivateAddress,
  privateAddressesIn,
  type PrivateAddress,
} from '@truetuple/sip-gateway/ladder';
import type { UdpDatagram } from './udp-datagram.ts';

/**
 * Private addresses in what came to a host: in SIP, in SDP, or as a datagram's source. What the host wrote itself before in
 * the same call (Call-ID), and is only told again, is exempt.
 */
export function privateAddressesIncoming(
  datagrams: readonly UdpDatagram[],
): readonly PrivateAddress[] {
  const said = new Map<string, UdpDatagram[]>();
  return datagrams.flatMap((datagram) => {
    const callId = callIdOf(datagram);
    const echoed = (callId === undefined ? undefined : said.get(callId)) ?? [];
    if (datagram.direction === 'outgoing') {
      if (callId !== undefined) said.set(callId, [...echoed, datagram]);
      return [];
    }
    const { address } = datagram.source;
    return [
      ...(isPrivateAddress(address) ? [{ address, where: 'source' }] : []),
      ...privateAddressesIn(datagram, { echoed }),
    ];
  });
}

function callIdOf({ payload }: UdpDatagram): string | undefined {
  // RTP, STUN and the like are no text
  if ((payload[0] ?? 0) >> 6 !== 1) return undefined;
  const parsed = parseMessage(payload);
  return parsed.kind === 'message' ? headerValue(parsed.message, 'call-id') : undefined;
}
