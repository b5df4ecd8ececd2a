import * as v from 'valibot';
import type { Delivery } from './delivery.ts';
import {
  canonicalIpv6,
  canonicalIpv6Cidr,
  ipv6CidrContains,
  type Ipv6Address,
  type Ipv6Cidr,
} from './ipv6-address.ts';

/** Of which Internet protocols an identity has a public address. */
export type AddressFamily = 'ipv4' | 'ipv6';

/** What a caller writes of the IPv6 side. */
export interface Ipv6SpecInput {
  /** Default `['ipv4']`; `['ipv4', 'ipv6']` for one address of each. IPv6 alone is not there yet. */
  readonly addressFamilies?: readonly AddressFamily[] | undefined;
  /** The one global IPv6 address that will do; it is put on the link if it is not there. */
  readonly publicIpv6?: string | undefined;
  /**
   * The /64 of the link's subnet: then the address is made of it and of the pod's name, so that a pod of the same name
   * has it again. Without it, and without `publicIpv6`, the link's first global address is taken.
   */
  readonly subnetIpv6Cidr?: string | undefined;
  /** The VPC router on the link, a link-local address; default what a router advertisement told the kernel. */
  readonly gatewayIpv6?: string | undefined;
  /** IPv6 blocks of the VPC: packets to them may be as big as the link carries; default none. */
  readonly vpcIpv6Cidrs?: readonly string[] | undefined;
}

/** A parsed {@link Ipv6SpecInput}. */
export interface Ipv6Spec {
  readonly addressFamilies: readonly AddressFamily[];
  readonly publicIpv6?: Ipv6Address | undefined;
  readonly subnetIpv6Cidr?: Ipv6Cidr | undefined;
  readonly gatewayIpv6?: Ipv6Address | undefined;
  readonly vpcIpv6Cidrs: readonly Ipv6Cidr[];
}

const ipv6 = v.pipe(
  v.string(),
  v.transform(canonicalIpv6),
  v.custom<Ipv6Address>((value) => value !== undefined, 'is not an IPv6 address'),
);
const ipv6Cidr = v.pipe(
  v.string(),
  v.transform(canonicalIpv6Cidr),
  v.custom<Ipv6Cidr>(
    (value) => value !== undefined,
    'is not an IPv6 network with zero host bits, such as 2001:db8::/56',
  ),
);

/** The fields of {@link Ipv6SpecInput}. */
export const ipv6Fields: {
  readonly [Field in keyof Ipv6Spec]-?: v.GenericSchema<unknown, Ipv6Spec[Field]>;
} = {
  addressFamilies: v.optional(v.array(v.picklist(['ipv4', 'ipv6'], 'is neither ipv4 nor ipv6')), [
    'ipv4',
  ]),
  publicIpv6: v.optional(
    v.pipe(
      ipv6,
      v.check((address) => isGlobal(address), 'is no global address (2000::/3)'),
    ),
  ),
  subnetIpv6Cidr: v.optional(
    v.pipe(
      ipv6Cidr,
      v.check((cidr) => cidr.endsWith('/64'), 'is no /64, as every subnet of EC2 is'),
    ),
  ),
  gatewayIpv6: v.optional(
    v.pipe(
      ipv6,
      v.check((address) => isLinkLocal(address), 'is no link-local address (fe80::/10)'),
    ),
  ),
  vpcIpv6Cidrs: v.optional(v.array(ipv6Cidr), []),
};

/** RFC 4291 section 2.4: what IANA gives out as global unicast addresses. */
export function isGlobal(address: Ipv6Address): boolean {
  return ipv6CidrContains('2000::/3' as Ipv6Cidr, address);
}

function isLinkLocal(address: Ipv6Address): boolean {
  return ipv6CidrContains('fe80::/10' as Ipv6Cidr, address);
}

/** Why the IPv6 side cannot be as it was asked for, each with the field it is about. */
export function refuseIpv6Spec(spec: Ipv6Spec & { readonly delivery: Delivery }): string[] {
  const { addressFamilies: families, delivery } = spec;
  if (families.length === 0) return ['addressFamilies: is empty'];
  if (new Set(families).size < families.length) {
    return ['addressFamilies: names a family twice'];
  }
  if (!families.includes('ipv4')) {
    return [
      'addressFamilies: an identity without ipv4 is not there yet, for its claim is that of the Elastic IP; say ["ipv4", "ipv6"]',
    ];
  }
  if (!families.includes('ipv6')) return unused(spec);
  if (delivery !== 'rule' && delivery !== 'any') return [];
  return [
    `addressFamilies: delivery ${delivery} leads sockets on 0.0.0.0 and none on ::, so IPv6 would leave by eth0; use both, translate or dnat`,
  ];
}

function unused(spec: Ipv6Spec): string[] {
  const named = {
    publicIpv6: spec.publicIpv6,
    subnetIpv6Cidr: spec.subnetIpv6Cidr,
    gatewayIpv6: spec.gatewayIpv6,
    vpcIpv6Cidrs: spec.vpcIpv6Cidrs.length === 0 ? undefined : spec.vpcIpv6Cidrs,
  };
  return Object.entries(named)
    .filter(([, value]) => value !== undefined)
    .map(([field]) => `${field}: says nothing without ipv6 in addressFamilies`);
}
