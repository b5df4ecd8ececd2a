import type { Claim } from '../identity-grant.ts';
import { sessionForUndo, type CloudSession } from '../observe/cloud-session.ts';
import type { ClaimToEnd, WantedNothing } from '../plan/plan-nothing.ts';
import { endClaim } from '../release/end-claim.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import type { Acquire } from './acquire-grant.ts';
export { refusePlan as refusalOf } from '../plan/refuse-plan.ts';
export { interfaceAmbiguous, interfaceNotFound } from './interface-not-found.ts';
export { keptByHostname } from './kept-by-hostname.ts';
export { addressNotOurs } from './address-not-ours.ts';
export { routeTablesNotFound } from './route-tables-not-found.ts';
export { withPrefixOccupants } from '../observe/prefix-occupants.ts';
export { privateIpRefused } from './refused-private-ip.ts';
export { wrongBorderGroup } from '../plan/wrong-border-group.ts';
import { reverses } from '../steps/reverses.ts';
import { withFailures } from './with-failures.ts';

/** Gives a claim back and goes on: the private IP stays, for the next candidate. */
export async function giveBackClaim(acquire: Acquire, claim: Claim): Promise<void> {
  const { allocationId, publicIp, associationId } = claim;
  const session = sessionForUndo(acquire.session);
  const wanted = wantNothing(acquire, { allocationId, publicIp, associationId }, false);
  await endClaim(session, { wanted });
  acquire.session.writes = session.writes;
}

/**
 * Undoes, in reverse, what an acquire did or may have done, and no more: what it found in place stays.
 * Answers the error to throw.
 */
export async function undoAcquire(acquire: Acquire, error: unknown): Promise<unknown> {
  const session = sessionForUndo(acquire.session);
  const done = acquire.session.journal.filter((step) => !isOfPublished(acquire, step));
  const mayDo = (step: CloudStep): boolean => done.some((one) => reverses(step, one));
  const failures: unknown[] = [];
  const claims = [...claimsOf(acquire, done).values(), undefined];
  for (const claim of claims) {
    const isLast = claim === undefined;
    const wanted = wantNothing(acquire, claim, isLast && done.some(isAssign));
    // a claim that cannot be given back does not keep the others
    await endClaim(session, { wanted, mayDo }).catch((failure: unknown) => failures.push(failure));
  }
  return failures.length === 0 ? error : withFailures(error, failures);
}

/**
 * What stands published was registered, claimed and recorded before this call, be it that no describe showed that: none of it is this call's to
 * undo. Unless EC2 has answered to the claim with another association: then that was made by this call.
 */
function isOfPublished({ published, session, request }: Acquire, step: CloudStep): boolean {
  if (published === undefined || published.privateIp !== request.link.privateIp) return false;
  const { allocationId, associationId } = published;
  if (step.kind === 'assign-private-ip') return step.privateIp === published.privateIp;
  if (step.kind === 'tag-owner') return step.allocationId === allocationId;
  return (
    step.kind === 'associate-address' &&
    step.allocationId === allocationId &&
    (idOf(session, allocationId) ?? associationId) === associationId
  );
}

function wantNothing(
  acquire: Acquire,
  claim: ClaimToEnd | undefined,
  unassignPrivateIp: boolean,
): WantedNothing {
  const { request, networkInterfaceId, routeTableIds } = acquire;
  return {
    kind: 'nothing',
    owner: request.spec.owner,
    networkInterfaceId,
    privateIp: request.link.privateIp,
    claim,
    unassignPrivateIp,
    known: 'own',
    routeTableIds: claim === undefined ? [] : routeTableIds,
  };
}

/** Every allocation that was claimed, answered or not, newest first, and the one that was found held. */
function claimsOf(
  { claim, session }: Acquire,
  done: readonly CloudStep[],
): ReadonlyMap<string, ClaimToEnd> {
  const claims = new Map<string, ClaimToEnd>();
  if (claim !== undefined) {
    const { allocationId, publicIp, associationId } = claim;
    claims.set(allocationId, { allocationId, publicIp, associationId });
  }
  for (const step of done.toReversed()) {
    if (step.kind !== 'associate-address' || claims.has(step.allocationId)) continue;
    const { allocationId, publicIp } = step;
    claims.set(allocationId, {
      allocationId,
      publicIp,
      associationId: idOf(session, allocationId),
    });
  }
  return claims;
}

function idOf(session: CloudSession, allocationId: string): string | undefined {
  return session.writes.find(
    ({ step }) => step.kind === 'associate-address' && step.allocationId === allocationId,
  )?.associationId;
}

function isAssign(step: CloudStep): boolean {
  return step.kind === 'assign-private-ip';
}
