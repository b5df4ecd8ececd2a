import { cidrWithin, type Cidr } from './address.ts';
import { formatPorts, type BoundPorts, type DeliveryPlan } from './delivery.ts';

/**
 * Why a delivery cannot work as it was asked for, each with the field it is about; empty when it can.
 * Every reason is one that would else show as a wrong tuple on the wire, or as packets that vanish.
 */
export function refuseDelivery(
  plan: DeliveryPlan & { readonly vpcCidrs: readonly Cidr[] },
): string[] {
  return [...outsideVpc(plan), ...refuseMode(plan), ...overlaps(plan.ports ?? [])];
}

function outsideVpc({
  routedCidrs = [],
  vpcCidrs,
}: DeliveryPlan & { readonly vpcCidrs: readonly Cidr[] }): string[] {
  return routedCidrs
    .filter((routed) => !vpcCidrs.some((cidr) => cidrWithin(routed, cidr)))
    .map(
      (routed) =>
        `routedCidrs: ${routed} lies in none of vpcCidrs, and only a VPC's own route tables carry our /32`,
    );
}

function refuseMode({ delivery, routedCidrs, ports }: DeliveryPlan): string[] {
  switch (delivery) {
    case 'both':
    case 'dnat':
      return refusePorts(delivery, ports);
    case 'translate':
      return [...needRouted(delivery, routedCidrs), ...refusePorts(delivery, ports)];
    case 'rule':
      return [...needRouted(delivery, routedCidrs), ...needPorts(delivery, ports)];
    case 'any':
      return [...needPorts(delivery, ports), ...refuseUdp(ports)];
    default:
      return delivery satisfies never;
  }
}

function needRouted(delivery: string, routedCidrs: readonly Cidr[] | undefined): string[] {
  if (routedCidrs !== undefined && routedCidrs.length > 0) return [];
  return [
    `routedCidrs: delivery ${delivery} must be told the subnets whose route tables carry our /32: it shows them, and nobody else, the public address`,
  ];
}

function needPorts(delivery: string, ports: readonly BoundPorts[] | undefined): string[] {
  if (ports !== undefined && ports.length > 0) return [];
  return [`ports: delivery ${delivery} must be told which ports are bound to 0.0.0.0`];
}

function refusePorts(delivery: string, ports: readonly BoundPorts[] | undefined): string[] {
  if (ports === undefined) return [];
  return [`ports: delivery ${delivery} binds an address, not 0.0.0.0; leave ports out`];
}

function refuseUdp(ports: readonly BoundPorts[] = []): string[] {
  return ports
    .filter(({ protocol }) => protocol === 'udp')
    .map(
      (range) =>
        `ports: delivery any is for TCP; a UDP socket on 0.0.0.0 (${formatPorts(range)}) answers from another link. Use both, translate or rule`,
    );
}

function overlaps(ports: readonly BoundPorts[]): string[] {
  return ports.flatMap((range, index) => {
    const other = ports
      .slice(0, index)
      .find(
        ({ protocol, first, last }) =>
          protocol === range.protocol && first <= range.last && range.first <= last,
      );
    return other === undefined
      ? []
      : [`ports: ${formatPorts(other)} and ${formatPorts(range)} overlap`];
  });
}
