import { parseIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import { interfaceOf, type CloudView } from '../observe/view.ts';
import { judgeOccupant } from '../plan/occupant.ts';
import type { CloudPlan, WantedIdentity } from '../plan/plan-cloud.ts';
import type { ClaimPlace, ClaimWork } from './claim-work.ts';
import { addressOfClaim, type IdentityClaim } from './claim.ts';

type WantingWork = Pick<ClaimWork, 'claim' | 'excluded' | 'inherits' | 'session'>;

/** What is wanted for a claim, as `planCloud` takes it. Routes only once its pod is ready for this very association. */
export function wantedFor(
  { claim, excluded, inherits, session }: WantingWork,
  place: ClaimPlace,
): WantedIdentity {
  const { identity, link, standing, refused } = claim.spec;
  const phase = claim.status?.phase;
  const isPromised = phase?.kind === 'promised' && phase.promise.privateIpAssignedByUs;
  const isGranted = phase !== undefined && 'grant' in phase && phase.grant.privateIpAssignedByUs;
  return {
    kind: 'identity',
    owner: identity.owner,
    privateIp: link.privateIp,
    networkInterfaceId: place.networkInterfaceId,
    excluded: [...refused, ...excluded],
    preferred: addressOfClaim(claim)?.allocationId,
    inherited: inherits,
    standing,
    only: identity.address,
    never: identity.excludeAddresses,
    nowMs: session.clock.now(),
    privateIpAssignedByUs: isPromised || isGranted,
    withRoutes: phase?.kind === 'granted' || isReady(claim),
    routeTableIds: place.routeTableIds,
    leavesRoutes: true,
  };
}

/** True when the pod has put the public address of the association that stands on its link. */
export function isReady({ spec, status }: IdentityClaim): boolean {
  const phase = status?.phase;
  const isHeld = phase?.kind === 'claimed' || phase?.kind === 'granted';
  return isHeld && spec.readyFor === phase.grant.associationId;
}

/** The address that a plan is for: the one that it claims, or that is held. */
export function plannedAddress(
  plan: CloudPlan,
  wanted: WantedIdentity,
  view: CloudView,
): { readonly allocationId: string; readonly publicIp: Ipv4Address } | undefined {
  if (plan.kind !== 'steps') return undefined;
  const claiming = plan.steps.find((step) => step.kind === 'associate-address');
  if (claiming !== undefined) {
    return { allocationId: claiming.allocationId, publicIp: claiming.publicIp };
  }
  const held = heldAddress(wanted, view);
  return held && { allocationId: held.allocationId, publicIp: held.publicIp };
}

/** What stands on the private IP of its own. */
export function heldAddress(
  wanted: WantedIdentity,
  view: CloudView,
): { allocationId: string; publicIp: Ipv4Address; associationId: string } | undefined {
  const eni = interfaceOf(view, wanted.networkInterfaceId);
  const occupant = eni && judgeOccupant(wanted, view, eni);
  if (occupant?.kind !== 'ours') return undefined;
  const { allocationId, publicIp } = occupant.address;
  const { associationId } = occupant;
  return { allocationId, publicIp: parseIpv4Address(publicIp, 'public IP'), associationId };
}
