import type { IdentitySpec } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import type { LinkPlace } from './kernel/choose-link-address.ts';
import type { NodePorts } from './node-ports.ts';

/** What this pod has published and not released; a file that cannot be read tells of nothing. */
export async function findPublished(
  node: NodePorts,
  { identityDirectory, owner }: IdentitySpec,
): Promise<PublicIdentity | undefined> {
  const publisher = node.openPublisher(identityDirectory);
  const current = await publisher.current().catch(() => undefined);
  if (current === undefined || current.owner.uid !== owner.uid) return undefined;
  return (await publisher.isReleased(current)) ? undefined : current;
}

/** Nobody else makes an address of the pod's name; and of what stands published it is known who assigned it. */
export function isIpv6Ours(
  spec: IdentitySpec,
  { publicIpv6 }: LinkPlace,
  published: PublicIdentity | undefined,
): boolean {
  const was = published?.publicIpv6;
  if (was !== undefined && was.address === publicIpv6?.address) return was.assignedByUs;
  return spec.publicIpv6 === undefined && spec.subnetIpv6Cidr !== undefined;
}
