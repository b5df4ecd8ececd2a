import type { DeliveryPlan } from './delivery.ts';
import type { WireProof } from './proof.ts';

/** Why packets cannot prove an identity with that delivery, each with the field it is about; empty when they can. */
export function refuseProof({ delivery, ports = [] }: DeliveryPlan, wire: WireProof): string[] {
  if (delivery === 'any') {
    return ['wire: delivery any is for TCP, and what is proven on the wire is UDP'];
  }
  if (delivery !== 'rule') return [];
  const isLed = (port: number): boolean =>
    ports.some(({ protocol, first, last }) => protocol === 'udp' && first <= port && port <= last);
  const fields = [
    ...wire.ports.map((port) => ({ field: 'wire.ports', port })),
    ...(wire.reservedPort === undefined
      ? []
      : [{ field: 'wire.reservedPort', port: wire.reservedPort }]),
  ];
  return fields
    .filter(({ port }) => !isLed(port))
    .map(({ field, port }) => `${field}: ${port} is none of the UDP ports of delivery rule`);
}
