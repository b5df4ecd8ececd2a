import type { IdentitySpec } from './identity/identity-spec.ts';
import { chooseLinkAddress, type LinkPlace } from './kernel/choose-link-address.ts';
import type { LinkState } from './kernel/kernel-port.ts';
import { lateParts } from './late-parts.ts';

/**
 * What an identity stands on: the link's address and gateway, of both families where the spec wants both.
 * @throws CoreError as chooseLinkAddress and chooseIpv6 do
 */
export async function choosePlace(
  link: LinkState | undefined,
  spec: IdentitySpec,
): Promise<LinkPlace> {
  const place = chooseLinkAddress(link, spec);
  if (link === undefined || !spec.addressFamilies.includes('ipv6')) return place;
  const { chooseIpv6 } = await lateParts.ipv6Choice();
  return { ...place, publicIpv6: chooseIpv6(link, spec) };
}
