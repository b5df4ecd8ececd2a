import { stableNameOf } from '../../identity/owner.ts';
import { addressOfClaim, type IdentityClaim } from './claim.ts';

/** True for the claim of another pod of the same name, that pod being later or earlier. */
export function isHeir(one: IdentityClaim, of: IdentityClaim): boolean {
  const [a, b] = [one.spec.identity.owner, of.spec.identity.owner];
  return a.uid !== b.uid && stableNameOf(a) === stableNameOf(b);
}

/** True for the claim of another pod that has the same private IP, be it on another node. */
export function hasItsPrivateIp(one: IdentityClaim, of: IdentityClaim): boolean {
  const [a, b] = [one.spec, of.spec];
  return a.identity.owner.uid !== b.identity.owner.uid && a.link.privateIp === b.link.privateIp;
}

/** True for the claim of another pod that has the same private IP on a link of the same network interface. */
export function hasItsLink(one: IdentityClaim, of: IdentityClaim): boolean {
  return hasItsPrivateIp(one, of) && one.spec.link.macAddress === of.spec.link.macAddress;
}

/** The claim of a later pod of the same name that has no address yet. */
export function heirOf(
  ended: IdentityClaim,
  claims: readonly IdentityClaim[],
): IdentityClaim | undefined {
  return claims.find(
    (one) => isHeir(one, ended) && isWanted(one) && addressOfClaim(one) === undefined,
  );
}

/** False for a claim that nobody wants any more. */
export function isWanted({ isDeleting, spec }: IdentityClaim): boolean {
  return !isDeleting && !spec.isReleased;
}
