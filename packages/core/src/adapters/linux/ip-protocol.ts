import type { TransportProtocol } from '../../identity/delivery.ts';

/** IPPROTO_* of include/uapi/linux/in.h. */
export const ipProtocol: Readonly<Record<TransportProtocol, number>> = { tcp: 6, udp: 17 };

/** The protocol with that number, where it is one of ours. */
export function protocolOf(number: number): TransportProtocol | undefined {
  if (number === ipProtocol.udp) return 'udp';
  return number === ipProtocol.tcp ? 'tcp' : undefined;
}
