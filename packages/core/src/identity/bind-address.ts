import { CoreError } from '../errors.ts';
import { cidrContains, isIpv4Address, parseIpv4Address, type Ipv4Address } from './address.ts';
import { parseIpv6Address, type Ipv6Address } from './ipv6-address.ts';
import type { Delivery, TransportProtocol } from './delivery.ts';
import type { PublicIdentity } from './public-identity.ts';

type Bound = Pick<
  PublicIdentity,
  'delivery' | 'bind' | 'vpcCidrs' | 'subnetCidr' | 'routedCidrs' | 'ports' | 'publicIpv6'
>;

const everyAddress = '0.0.0.0' as Ipv4Address;

/**
 * Which local address a socket must be bound to for a peer, so that the peer sees the advertised tuple.
 *
 * `both`: towards the subnets that carry our /32 the public one, for such a peer is answered from the address
 * that it called. Towards the Internet the private one: its gateway translates only that source. Towards all
 * else the private one too: a peer in the link's own subnet, behind peering, a transit gateway or a VPN must
 * also be told the private address, not the public one.
 * `translate` and `dnat`: the private one, for everybody. `dnat` is right in answers only: towards a VPC peer
 * that has not called us the socket shows its private address.
 * `rule` and `any`: 0.0.0.0.
 * For an IPv6 peer, whatever the delivery: the identity's IPv6 address, which nothing translates.
 *
 * @param protocol of the socket; default `udp`.
 * @throws CoreError SpecInvalid for a peer that is no IP address; DeliveryImpossible for a protocol that the identity's
 * delivery is wrong for, and for an IPv6 peer of an identity without IPv6.
 */
export function bindAddressFor(
  identity: Bound,
  peer: string,
  protocol: TransportProtocol = 'udp',
): Ipv4Address | Ipv6Address {
  if (peer.includes(':')) return ipv6For(identity, parseIpv6Address(peer, 'peer'));
  const address = isIpv4Address(peer) ? peer : parseIpv4Address(peer, 'peer');
  requireProtocol(identity, protocol);
  return isRoutedHere(identity, address) ? identity.bind.vpc : identity.bind.internet;
}

function ipv6For({ publicIpv6 }: Bound, peer: Ipv6Address): Ipv6Address {
  if (publicIpv6 !== undefined) return publicIpv6.address;
  throw new CoreError({
    code: 'DeliveryImpossible',
    message: `No address can be bound for ${peer}: the identity has no IPv6 address`,
    remedy: "Ensure it with ipv6 among the spec's addressFamilies, or reach the peer by IPv4.",
    retry: 'never',
  });
}

/** True for a peer in a subnet that carries our /32. */
export function isRoutedHere(
  { routedCidrs, vpcCidrs, subnetCidr }: Pick<Bound, 'routedCidrs' | 'vpcCidrs' | 'subnetCidr'>,
  address: Ipv4Address,
): boolean {
  if (routedCidrs !== undefined) return routedCidrs.some((cidr) => cidrContains(cidr, address));
  const isNeighbour = cidrContains(subnetCidr, address);
  return !isNeighbour && vpcCidrs.some((cidr) => cidrContains(cidr, address));
}

/** What `identity.bind` says in each mode. */
export function bindAddresses(
  delivery: Delivery,
  { privateIp, publicIp }: { readonly privateIp: Ipv4Address; readonly publicIp: Ipv4Address },
): PublicIdentity['bind'] {
  switch (delivery) {
    case 'both':
      return { internet: privateIp, vpc: publicIp };
    case 'translate':
    case 'dnat':
      return { internet: privateIp, vpc: privateIp };
    case 'rule':
    case 'any':
      return { internet: everyAddress, vpc: everyAddress };
    default:
      return delivery satisfies never;
  }
}

/** A socket on 0.0.0.0 of a protocol that was not named would answer from another link. */
function requireProtocol({ delivery, ports = [] }: Bound, protocol: TransportProtocol): void {
  if (delivery !== 'rule' && delivery !== 'any') return;
  if (ports.some((range) => range.protocol === protocol)) return;
  throw new CoreError({
    code: 'DeliveryImpossible',
    message: `A ${protocol} socket cannot be bound for delivery ${delivery}: its ports have none of ${protocol}`,
    remedy:
      delivery === 'any'
        ? 'any is for TCP. Ensure the identity with delivery both, translate or rule for UDP.'
        : `Name the ${protocol} ports in the spec's ports, and ensure the identity again.`,
    retry: 'never',
  });
}
