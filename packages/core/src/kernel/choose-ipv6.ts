import { CoreError } from '../errors.ts';
import { deriveIpv6 } from '../identity/derive-ipv6.ts';
import type { IdentitySpec } from '../identity/identity-spec.ts';
import { hostIpv6Cidr, type Ipv6Address } from '../identity/ipv6-address.ts';
import { isGlobal } from '../identity/ipv6-spec.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';
import { ipv6Default, type Ipv6Link } from './ipv6-link.ts';
import type { LinkState } from './kernel-port.ts';
import { truetupleProtocol } from './kernel-step.ts';
import { isOurIpv6Rule } from './plan-ipv6.ts';
import { whyNoIpv6 } from './why-no-ipv6.ts';

type Wanted = Pick<
  IdentitySpec,
  | 'linkName'
  | 'owner'
  | 'addressFamilies'
  | 'publicIpv6'
  | 'subnetIpv6Cidr'
  | 'gatewayIpv6'
  | 'vpcIpv6Cidrs'
>;

/**
 * The IPv6 address an identity stands on, and its gateway: as the spec says, else what the pod's name makes of
 * the subnet, else what the link has. Undefined when the spec wants no IPv6.
 * @throws CoreError LinkHasNoAddress, Ipv6GatewayUnknown, Ipv6Unavailable
 */
export function chooseIpv6(link: LinkState, spec: Wanted): LinkIpv6 | undefined {
  if (!spec.addressFamilies.includes('ipv6')) return undefined;
  const { ipv6 } = link;
  if (ipv6 === undefined) throw noIpv6(link);
  const address = spec.publicIpv6 ?? derived(spec) ?? given(ipv6);
  if (address === undefined) throw noAddress(ipv6, spec);
  const held = ipv6.addresses.find((one) => one.address === address);
  const gateway = spec.gatewayIpv6 ?? advertised(ipv6);
  if (gateway === undefined) throw noGateway(spec);
  return {
    address,
    prefixLength: held?.prefixLength ?? 128,
    gateway,
    vpcCidrs: spec.vpcIpv6Cidrs,
  };
}

/** The IPv6 addresses of identities held on a link: its /128s that have a rule of ours. */
export function heldIpv6Addresses({ ipv6 }: LinkState, table: number): Ipv6Address[] {
  const { addresses = [], rules = [] } = ipv6 ?? {};
  const ruled = new Set(
    rules.filter((rule) => isOurIpv6Rule(rule) && rule.table === table).map(({ from }) => from),
  );
  return addresses
    .filter(({ address, prefixLength }) => prefixLength === 128 && ruled.has(hostIpv6Cidr(address)))
    .map(({ address }) => address);
}

function derived({ subnetIpv6Cidr, owner }: Wanted): Ipv6Address | undefined {
  return subnetIpv6Cidr === undefined ? undefined : deriveIpv6(subnetIpv6Cidr, owner);
}

/** From a network plugin: for ever, of a subnet. A /128 is one that truetuple put there, maybe for another identity. */
function given({ addresses }: Ipv6Link): Ipv6Address | undefined {
  return addresses.find(
    ({ address, prefixLength, permanent, scope }) =>
      permanent && scope === 'global' && prefixLength < 128 && isGlobal(address),
  )?.address;
}

/** What an advertisement left in table main; when that has expired, what our own default route says. */
function advertised({ routers, routes }: Ipv6Link): Ipv6Address | undefined {
  const [router] = routers;
  if (router !== undefined) return router;
  return routes.find(
    ({ destination, protocol, type }) =>
      destination === ipv6Default && protocol === truetupleProtocol && type === 'unicast',
  )?.gateway;
}

function noIpv6(link: LinkState): CoreError {
  const { why, remedy } = whyNoIpv6(link);
  return new CoreError({
    code: 'Ipv6Unavailable',
    message: `Looking for an IPv6 address on ${link.linkName}: ${why}`,
    remedy,
    retry: 'never',
  });
}

function noAddress({ addresses }: Ipv6Link, { linkName }: Wanted): CoreError {
  const held = addresses.map((a) => `${a.address}/${a.prefixLength}`).join(', ') || 'none';
  return new CoreError({
    code: 'LinkHasNoAddress',
    message: `Link ${linkName} has no global IPv6 address of a network plugin, and the spec names none; it has: ${held}`,
    remedy:
      "Let the network attachment assign one (Whereabouts, static), or set subnetIpv6Cidr to the subnet's /64, or publicIpv6.",
    retry: 'later',
  });
}

function noGateway({ linkName }: Wanted): CoreError {
  return new CoreError({
    code: 'Ipv6GatewayUnknown',
    message: `No IPv6 router is known on ${linkName}: table main has no default route by it, and the spec names none`,
    remedy: `Set gatewayIpv6 to the VPC router's link-local address ("ip -6 route" on the node shows it), or let the link accept router advertisements (net.ipv6.conf.${linkName}.accept_ra).`,
    retry: 'later',
  });
}
