import { Doom } from './doom.ts';
import type { ManagedRegion } from './managed-region.ts';

/**
 * A life of pods for each write of a controller, which dies there: another one goes on.
 * @returns how many writes there were to die at
 */
export async function dieAtEachWrite(
  open: () => ManagedRegion,
  isCarriedOut: boolean,
  live: (built: ManagedRegion) => Promise<void>,
): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const built = open();
    const doom = new Doom(deaths + 1, isCarriedOut, () => built.lease.grantTo('two'));
    built.control('two', { withLease: false });
    built.control('one', { ec2: doom.ec2(built.ec2), claims: doom.claims(built.claims) });
    await live(built);
    await built.close();
    if (!doom.hasStruck) return deaths;
  }
}
