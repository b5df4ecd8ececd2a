import type { ReleaseCall } from '../cloud/identity-grant.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelPort } from '../kernel/kernel-port.ts';

/** What of an identity's addresses its link has; nothing when nobody can tell. */
export async function whatIsOnLink(
  kernel: Pick<KernelPort, 'observe'> | undefined,
  { linkName, table, privateIp, publicIpv6 }: PublicIdentity,
): Promise<Pick<ReleaseCall, 'isPrivateIpOnLink' | 'isIpv6OnLink'>> {
  try {
    const link = await kernel?.observe(linkName, table);
    const ipv6 = link?.ipv6?.addresses ?? [];
    return {
      isPrivateIpOnLink: link?.addresses.some(({ address }) => address === privateIp) ?? false,
      isIpv6OnLink: ipv6.some(({ address }) => address === publicIpv6?.address),
    };
  } catch {
    return {};
  }
}
