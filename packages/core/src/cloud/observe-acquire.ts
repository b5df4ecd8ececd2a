import type { Acquire } from './acquire-grant.ts';
import { wantedBy } from './acquire-wish.ts';
import { pause } from './cloud-session.ts';
import type { Claim } from './identity-grant.ts';
import { judgeOccupant, type Occupant } from './occupant.ts';
import { lookAtCloud, poolFilters, routeTableIdFilters } from './observe-cloud.ts';
import {
  contradictedClaim,
  isPast,
  mergeOwnWrites,
  overdueClaim,
  showsClaim,
  withoutClaim,
} from './own-writes.ts';
import { privateIpIsOurs } from './private-ip-duty.ts';
import { interfaceOf, type CloudView } from './view.ts';

/**
 * Looks. Our answered claim is worth more than a describe that shows nothing; a describe that shows
 * somebody else's association is worth more than our claim, unless one a moment later shows ours: who took it may
 * have let it go since. One that describes had time enough to show is claimed again. What stands published is worth less
 * than two looks that do not show it: an earlier process made it, and one may be from before.
 */
export async function observeAcquire(
  acquire: Acquire,
  claim: Claim | undefined,
): Promise<CloudView> {
  const { session, request } = acquire;
  const tried = `reading pool ${request.spec.pool}`;
  let seen = await look(acquire, claim !== undefined);
  const doubted = deniedPublication(seen, acquire) ?? contradictedClaim(seen, session.writes);
  if (doubted !== undefined) {
    await pause(session, tried);
    seen = await look(acquire, claim !== undefined);
    if (!showsClaim(seen, doubted)) {
      if (doubted === acquire.published) acquire.published = undefined;
      else session.writes = [...withoutClaim(session.writes, doubted)];
    }
  }
  acquire.overdueId = overdueClaim(seen, session.writes, session.askedAtMs);
  const view = mergeOwnWrites(seen, session.writes);
  acquire.privateIpAssignedByUs = privateIpIsOurs(wantedBy(acquire), view);
  return view;
}

/** What stands published, if the look does not show it: it is from before the claim, or from after its end. */
function deniedPublication(seen: CloudView, { published, session }: Acquire): Acquire['published'] {
  if (published === undefined || isPast(published, session.writes)) return undefined;
  return showsClaim(seen, published) ? undefined : published;
}

/** Route tables matter once there is a claim, or when a dead pod's routes are to go. */
async function look(acquire: Acquire, withRouteTables: boolean): Promise<CloudView> {
  const { session, request, networkInterfaceId, routeTableIds } = acquire;
  const addressFilters = poolFilters(request.spec.pool);
  const routeTableFilters = routeTableIdFilters(routeTableIds);
  const networkInterfaceIds = [networkInterfaceId];
  const scope = { networkInterfaceIds, addressFilters, routeTableFilters };
  if (withRouteTables) return lookAtCloud(session, scope);
  const seen = await lookAtCloud(session, { ...scope, routeTableFilters: 'none' });
  const occupant = occupantOf(acquire, mergeOwnWrites(seen, session.writes));
  if (occupant?.kind !== 'left-over') return seen;
  return lookAtCloud(session, scope, { earlier: seen, parts: ['routeTables'] });
}

/** What the private IP carries. */
export function occupantOf(acquire: Acquire, view: CloudView): Occupant | undefined {
  const eni = interfaceOf(view, acquire.networkInterfaceId);
  return eni && judgeOccupant(wantedBy(acquire), view, eni);
}
