import type { Orphan } from '../reap/plan-reap.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { addressOfClaim, interfaceOfClaim, type IdentityClaim } from './claim.ts';

/**
 * Pure: true when what looks orphaned is for its controller to give back: a claim is for its private IP or its IPv6 address, or has its address, or was
 * promised it.
 */
export function isClaimed(
  { subject, steps }: Pick<Orphan, 'subject' | 'steps'>,
  claims: readonly IdentityClaim[],
): boolean {
  // no claim gives back what somebody else has asked for
  if (steps.every(({ kind }) => kind === 'untag-handover')) return false;
  return claims.some((claim) => {
    const allocationId = subject.kind === 'address' ? subject.allocationId : undefined;
    if (allocationId !== undefined && addressOfClaim(claim)?.allocationId === allocationId) {
      return true;
    }
    return steps.some((step) => takesItsPlace(step, claim));
  });
}

/** A new claim does not say yet on which network interface it is. */
function takesItsPlace(step: CloudStep, claim: IdentityClaim): boolean {
  const { privateIp, ipv6Address } = claim.spec.link;
  if (step.kind === 'unassign-private-ip') {
    return step.privateIp === privateIp && mayBeOn(step, claim);
  }
  // its record comes before it, and goes after it
  const isIpv6 = step.kind === 'unassign-ipv6-address' || step.kind === 'untag-ipv6-owner';
  return isIpv6 && step.address === ipv6Address && mayBeOn(step, claim);
}

function mayBeOn(
  { networkInterfaceId }: { readonly networkInterfaceId: string },
  claim: IdentityClaim,
): boolean {
  return (interfaceOfClaim(claim) ?? networkInterfaceId) === networkInterfaceId;
}
