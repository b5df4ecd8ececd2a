import { CoreError } from '../errors.ts';
import { networkOf, subnetRouter, type Cidr, type Ipv4Address } from '../identity/address.ts';
import type { IdentitySpec } from '../identity/identity-spec.ts';
import type { LinkIpv6 } from '../identity/public-ipv6.ts';
import type { LinkAddress, LinkState } from './kernel-port.ts';

/** What the link itself says about an identity on it. */
export interface LinkPlace {
  readonly macAddress: string;
  readonly privateIp: Ipv4Address;
  readonly privatePrefixLength: number;
  readonly subnetCidr: Cidr;
  readonly gateway: Ipv4Address;
  /** Undefined without IPv6. */
  readonly publicIpv6?: LinkIpv6 | undefined;
}

type Wanted = Pick<IdentitySpec, 'linkName' | 'privateIp' | 'gateway'>;

/** Chooses the private address an identity stands on, or says why the link has none. */
export function chooseLinkAddress(link: LinkState | undefined, spec: Wanted): LinkPlace {
  if (link === undefined) throw linkNotFound(spec.linkName);
  const found = link.addresses.find((address) => isMeant(address, spec.privateIp));
  if (found === undefined) throw noAddress(link, spec);
  if (!link.up) throw linkDown(spec.linkName);
  const subnetCidr = networkOf(found.address, found.prefixLength);
  return {
    macAddress: link.macAddress,
    privateIp: found.address,
    privatePrefixLength: found.prefixLength,
    subnetCidr,
    gateway: spec.gateway ?? subnetRouter(subnetCidr),
  };
}

/** An address of global scope with a subnet; a /32 of link scope is a public address of ours. */
function isMeant(candidate: LinkAddress, privateIp: Ipv4Address | undefined): boolean {
  if (privateIp !== undefined) return candidate.address === privateIp;
  return candidate.scope === 'global' && candidate.prefixLength < 31;
}

function linkNotFound(linkName: string): CoreError {
  return new CoreError({
    code: 'LinkNotFound',
    message: `There is no link ${linkName} in this network namespace`,
    remedy:
      'Give the pod a Multus network with that interface name (annotation k8s.v1.cni.cncf.io/networks), or set linkName; a pod can start without it when Multus was not ready.',
    retry: 'later',
  });
}

function noAddress(link: LinkState, spec: Wanted): CoreError {
  const held = link.addresses.map((a) => `${a.address}/${a.prefixLength}`).join(', ') || 'none';
  return new CoreError({
    code: 'LinkHasNoAddress',
    message: `Link ${spec.linkName} has no usable ${spec.privateIp ?? 'IPv4 address of global scope'}; it has: ${held}`,
    remedy:
      'Let the network attachment assign an address of the subnet (Whereabouts, static), or correct privateIp.',
    retry: 'later',
  });
}

function linkDown(linkName: string): CoreError {
  return new CoreError({
    code: 'LinkDown',
    message: `Link ${linkName} is down, so no route can leave by it`,
    remedy: `Bring it up (ip link set ${linkName} up) and find out what took it down; truetuple never changes a link's state itself.`,
    retry: 'later',
  });
}
