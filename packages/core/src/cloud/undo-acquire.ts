import { CoreError } from '../errors.ts';
import type { Acquire } from './acquire-grant.ts';
import { sessionForUndo, type CloudSession } from './cloud-session.ts';
import type { CloudStep } from './cloud-step.ts';
import { endClaim } from './end-claim.ts';
import type { Claim } from './identity-grant.ts';
import type { ClaimToEnd, WantedNothing } from './plan-nothing.ts';
import { translateEc2Error } from './translate-ec2-error.ts';

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
  const done = [...acquire.session.journal];
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

/** True for the step that takes back what a step did. */
export function reverses(step: CloudStep, done: CloudStep): boolean {
  switch (step.kind) {
    case 'delete-route':
      return (
        (done.kind === 'create-route' || done.kind === 'replace-route') &&
        done.routeTableId === step.routeTableId &&
        done.destination === step.destination
      );
    case 'disassociate-address':
      return done.kind === 'associate-address' && done.publicIp === step.publicIp;
    case 'untag-handover':
      return done.kind === 'tag-handover' && done.allocationId === step.allocationId;
    case 'untag-owner':
      return done.kind === 'tag-owner' && done.allocationId === step.allocationId;
    case 'unassign-private-ip':
      return done.kind === 'assign-private-ip' && done.privateIp === step.privateIp;
    // the dual-stack grant undoes its own
    case 'assign-ipv6-address':
    case 'unassign-ipv6-address':
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
    case 'disable-source-dest-check':
    case 'assign-private-ip':
    case 'associate-address':
    case 'allocate-address':
    case 'tag-owner':
    case 'tag-released':
    case 'tag-handover':
    case 'create-route':
    case 'replace-route':
      return false;
    default:
      return step satisfies never;
  }
}

/** The first error, with what could not be given back because of it. */
export function withFailures(error: unknown, failures: readonly unknown[]): CoreError {
  const cause = translateEc2Error(error, 'acquiring a public address');
  const left = failures.map((one) => (one instanceof Error ? one.message : String(one))).join('; ');
  return new CoreError({
    code: cause.code,
    message: `${cause.message}; and what had been taken could not all be given back: ${left}`,
    remedy: `${cause.remedy} Then run the reaper for this pool: it gives back the rest.`,
    retry: cause.retry,
    cause: new AggregateError([error, ...failures], left),
  });
}
