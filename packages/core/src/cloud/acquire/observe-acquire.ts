import type { Claim } from '../identity-grant.ts';
import { lookingOn, pause } from '../observe/cloud-session.ts';
import { lookIntoPrefixes } from '../observe/look-into-prefixes.ts';
import { lookAtCloud, poolFilters, routeTableIdFilters } from '../observe/observe-cloud.ts';
import {
  caughtUpMs,
  contradictedClaim,
  mergeOwnWrites,
  overdueClaim,
  showsClaim,
} from '../observe/own-writes.ts';
import type { CloudView } from '../observe/view.ts';
import { isOwnLeftOver } from '../plan/occupant.ts';
import { privateIpIsOurs } from '../plan/private-ip-duty.ts';
import type { Acquire } from './acquire-grant.ts';
import { occupantOf } from './acquire-occupant.ts';
import { wantedBy } from './acquire-wish.ts';
import { layPublished, lookForPublished } from './published-claim.ts';

/**
 * Looks. Our answered claim is worth more than a describe that shows nothing; a describe that shows
 * somebody else's association is worth more than our claim, unless one a moment later shows ours: who took it may
 * have let it go since. One that describes had time enough to show is claimed again.
 */
export async function observeAcquire(
  acquire: Acquire,
  claim: Claim | undefined,
): Promise<CloudView> {
  const { session, request, networkInterfaceId } = acquire;
  const place = { networkInterfaceId, privateIp: request.link.privateIp };
  const tried = `reading pool ${request.spec.pool}`;
  const lookAgain = async () =>
    lookIntoPrefixes(session, await look(acquire, claim !== undefined), [place]);
  let seen = await lookAgain();
  // a pool that was tagged a moment ago is shown empty
  const lookOn = lookingOn(session, tried, caughtUpMs);
  while (seen.addresses.length === 0 && acquire.allocate === undefined && (await lookOn())) {
    seen = await lookAgain();
  }
  const doubted = contradictedClaim(seen, session.writes);
  if (doubted !== undefined) {
    await pause(session, tried);
    seen = await lookAgain();
    if (!showsClaim(seen, doubted.write)) {
      session.writes = session.writes.filter((write) => write !== doubted.write);
    }
  }
  seen = await lookForPublished(acquire, seen, lookAgain);
  acquire.overdueId = overdueClaim(seen, session.writes, session.askedAtMs);
  const view = layPublished(acquire, claim, mergeOwnWrites(seen, session.writes));
  acquire.privateIpAssignedByUs = privateIpIsOurs(wantedBy(acquire), view);
  return view;
}

/** Route tables matter once there is a claim, or when routes to an address of ours that is given up are to go. */
async function look(acquire: Acquire, withRouteTables: boolean): Promise<CloudView> {
  const { session, request, networkInterfaceId, routeTableIds } = acquire;
  const addressFilters = poolFilters(request.spec.pool);
  const routeTableFilters = routeTableIdFilters(routeTableIds);
  const networkInterfaceIds = [networkInterfaceId];
  const scope = { networkInterfaceIds, addressFilters, routeTableFilters };
  if (withRouteTables) return lookAtCloud(session, scope);
  const seen = await lookAtCloud(session, { ...scope, routeTableFilters: 'none' });
  const occupant = occupantOf(acquire, mergeOwnWrites(seen, session.writes));
  if (occupant === undefined || !isOwnLeftOver(occupant, request.spec)) return seen;
  return lookAtCloud(session, scope, { earlier: seen, parts: ['routeTables'] });
}
