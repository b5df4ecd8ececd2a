import type { Ipv4Address } from './identity/address.ts';
import type { IdentitySpec } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { LinkIpv6 } from './identity/public-ipv6.ts';
import type { LinkPlace } from './kernel/choose-link-address.ts';
import { heldPublicIps, isSharedLink } from './kernel/held-public-ips.ts';
import type { LinkState } from './kernel/kernel-port.ts';
import { lateParts } from './late-parts.ts';

/** What processes before this one put on the link. */
export interface Before {
  /** Public addresses of all identities. */
  readonly standing: readonly Ipv4Address[];
  /** Those of them that were taken for the private IP that this process takes one for. */
  readonly leftOver: readonly Ipv4Address[];
  /** The same of IPv6, without the address that this process takes. */
  readonly leftOverIpv6: readonly LinkIpv6[];
}

interface Known {
  readonly spec: Pick<IdentitySpec, 'table'>;
  readonly place: LinkPlace;
  readonly published: PublicIdentity | undefined;
}

/**
 * A private IP has one public address at most: whatever is held on a link without another private IP that is ours was taken for this
 * one. On a link that is shared only the publication tells which was.
 */
export async function lookBefore(
  link: LinkState | undefined,
  { spec: { table }, place: { privateIp, publicIpv6 }, published }: Known,
): Promise<Before> {
  if (link === undefined) return { standing: [], leftOver: [], leftOverIpv6: [] };
  const standing = heldPublicIps(link, table);
  const isShared = isSharedLink(link, table, new Set([privateIp]));
  const known = published?.privateIp === privateIp ? published : undefined;
  const leftOver = standing.filter((address) => !isShared || address === known?.publicIp);
  if (publicIpv6 === undefined) return { standing, leftOver, leftOverIpv6: [] };
  const { heldIpv6Addresses } = await lateParts.ipv6Choice();
  const leftOverIpv6 = heldIpv6Addresses(link, table)
    .filter((address) => address !== publicIpv6.address)
    .filter((address) => !isShared || address === known?.publicIpv6?.address)
    .map((address) => ({ ...publicIpv6, address }));
  return { standing, leftOver, leftOverIpv6 };
}
