import type { IdentityClaim } from '@truetuple/core';
import type { Pod, World } from '../world.ts';

/** What is wrong with the claims when faults are over: one for each live pod, which says what it advertises. */
export function complaintsAboutClaims({ managed, standing, region }: World): string[] {
  if (managed === undefined) return [];
  const { addresses } = region.ec2.snapshot();
  const isScarce = addresses.every(
    ({ allocationId, associationId }) =>
      region.foreign.has(allocationId) || associationId !== undefined,
  );
  return [
    ...managed.claims.flatMap((claim) => {
      const pod = managed.podOf(claim);
      return pod !== undefined && standing.includes(pod)
        ? complaintsAboutClaim(claim, pod, isScarce)
        : [`claim ${claim.name} is left, its pod has gone`];
    }),
    ...standing
      .filter((pod) => managed.claimsOf(pod).length === 0)
      .map(({ name, uid }) => `${name} (${uid}) has no claim`),
  ];
}

function complaintsAboutClaim(claim: IdentityClaim, pod: Pod, isScarce: boolean): string[] {
  const { name, status, spec, isDeleting } = claim;
  if (spec.isReleased || isDeleting) return [`claim ${name} is let go, and stays`];
  const phase = status?.phase;
  if (phase?.kind !== 'granted') {
    return isScarce ? [] : [`claim ${name} is ${phase?.kind ?? 'not looked at'}`];
  }
  const complaints: string[] = [];
  if (status?.trouble) complaints.push(`claim ${name} is in trouble: ${status.trouble.message}`);
  if (phase.grant.associationId !== pod.published?.associationId) {
    complaints.push(`claim ${name} grants ${phase.grant.associationId}`);
  }
  return complaints;
}
