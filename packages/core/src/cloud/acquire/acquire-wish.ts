import type { Claim } from '../identity-grant.ts';
import type { WantedIdentity } from '../plan/plan-cloud.ts';
import type { Acquire } from './acquire-grant.ts';
import { allocationFor } from './allocation-policy.ts';

/** What an acquire wants, before it has a claim and, with its routes, after it. */
export function wantedBy(acquire: Acquire, claim?: Claim): WantedIdentity {
  const { request, excluded, preferred, privateIpAssignedByUs } = acquire;
  return {
    kind: 'identity',
    owner: request.spec.owner,
    privateIp: request.link.privateIp,
    networkInterfaceId: acquire.networkInterfaceId,
    excluded,
    preferred,
    standing: request.standing ?? [],
    only: request.spec.address,
    never: request.spec.excludeAddresses,
    coolDown: acquire.coolDown?.(),
    nowMs: acquire.session.clock.now(),
    allocation: allocationFor(acquire),
    claimed: claim?.allocationId,
    proven: provenBy(acquire),
    privateIpAssignedByUs,
    withRoutes: claim !== undefined,
    stale: claim === undefined ? undefined : staleUnder(acquire, claim),
  };
}

/** What stands published, and what EC2 has answered. */
function provenBy({ published, session, overdueId }: Acquire): readonly string[] {
  const answered = session.writes.flatMap(({ step, associationId }) =>
    step.kind === 'associate-address' && associationId !== undefined ? [associationId] : [],
  );
  const known = published === undefined ? answered : [published.associationId, ...answered];
  return known.filter((associationId) => associationId !== overdueId);
}

/** Under a claim that was made just now, what is shown as ours and was not written since is from before it. */
function staleUnder(
  { session, request, routeTableIds, confirmed }: Acquire,
  { associationId, allocationId }: Claim,
): WantedIdentity['stale'] {
  if (associationId === request.published?.associationId || associationId === confirmed) {
    return undefined;
  }
  const written = session.writes.flatMap(({ step }) =>
    step.kind === 'create-route' || step.kind === 'replace-route' || step.kind === 'delete-route'
      ? [step.routeTableId]
      : [],
  );
  return {
    routeTableIds: routeTableIds.filter((id) => !written.includes(id)),
    isRecordStale: !session.writes.some(
      ({ step }) => step.kind === 'tag-owner' && step.allocationId === allocationId,
    ),
  };
}
