import type { Grant, MaintainCall } from '../identity-grant.ts';
import { throwIfAborted, type CloudSession } from '../observe/cloud-session.ts';
import { lookIntoPrefixes } from '../observe/look-into-prefixes.ts';
import { lookAtCloud, routeTableIdFilters } from '../observe/observe-cloud.ts';
import type { CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { doubtfulClaim } from './claim-doubt.ts';
import { isSameSighting, judgeClaim, type Sighting } from './judge-claim.ts';

/** How long after a look that does not show the claim EC2 is asked again. */
export const secondLookMs = 2000;
/** Looks before two alike are waited for no longer. */
const maxLooks = 5;

/** What one run of maintainGrant knows. */
export interface Maintenance {
  readonly session: CloudSession;
  readonly grant: Grant;
  readonly mayWrite: NonNullable<MaintainCall['mayWrite']>;
  readonly repaired: CloudStep[];
  /** The address that our private IP carries instead, once it is to be ended. */
  occupantId: string | undefined;
  /** True when the latest look shows our owner record. */
  isRecorded: boolean;
  privateIpAssignedByUs: boolean;
}

/** Looks until the claim is seen, or two looks a pause apart show the same. */
export async function lookTwice(
  run: Maintenance,
): Promise<{ readonly sighting: Sighting; readonly view: CloudView }> {
  const { session, grant } = run;
  let earlier: Sighting | undefined;
  for (let looks = 1; ; looks++) {
    const view = await look(run);
    const sighting = judgeClaim(grant, view);
    if (sighting.kind === 'held' || isSameSighting(sighting, earlier)) return { sighting, view };
    if (looks === maxLooks) throw doubtfulClaim(grant, sighting);
    earlier = sighting;
    await secondLook(session, grant);
  }
}

async function secondLook(session: CloudSession, grant: Grant): Promise<void> {
  try {
    await session.clock.wait(secondLookMs, session.signal);
  } catch (error) {
    throwIfAborted(session, `looking for ${grant.publicIp} again`);
    throw error;
  }
}

export async function look({ session, grant, occupantId }: Maintenance): Promise<CloudView> {
  const values = [grant.allocationId, ...(occupantId === undefined ? [] : [occupantId])];
  const view = await lookAtCloud(session, {
    networkInterfaceIds: [grant.networkInterfaceId],
    addressFilters: [{ name: 'allocation-id', values }],
    routeTableFilters: routeTableIdFilters(grant.routeTableIds),
  });
  return lookIntoPrefixes(session, view, [grant]);
}
