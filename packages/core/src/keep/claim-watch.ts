import type { GrantWatch } from '../cloud/identity-grant.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { NodePorts } from '../node-ports.ts';

/** Hears of changes of a claim, where somebody tells of them; without, or when it cannot be heard, the interval has to do. */
export async function watchClaim(
  node: NodePorts,
  identity: PublicIdentity,
  onChange: () => void,
): Promise<GrantWatch | undefined> {
  try {
    return (await node.openGrant(identity)).watch?.(identity, onChange);
  } catch {
    return undefined;
  }
}
