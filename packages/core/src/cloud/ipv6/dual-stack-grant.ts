import { lateParts } from '../../late-parts.ts';
import type { DirectGrantParts } from '../direct-grant.ts';
import type { IdentityGrant } from '../identity-grant.ts';

/**
 * A grant that holds an IPv6 address beside what the inner one holds, for those who want one; for all others it
 * is the inner one. Acquired before it and given back after it.
 */
export function dualStackGrant(
  inner: IdentityGrant,
  { ec2, clock, live }: Pick<DirectGrantParts, 'ec2' | 'clock' | 'live'>,
): IdentityGrant {
  const both = { inner, ec2, clock, live };
  return {
    acquire: async (request) => {
      const { ipv6Address } = request.link;
      if (ipv6Address === undefined) return inner.acquire(request);
      const { acquireBoth } = await lateParts.dualStack();
      return acquireBoth(both, request, ipv6Address);
    },
    maintain: async (grant, call) => {
      const state = await inner.maintain(grant, call);
      if (state.kind !== 'held' || grant.publicIpv6 === undefined) return state;
      const { maintainBoth } = await lateParts.dualStack();
      return maintainBoth({ parts: both, grant, call }, state);
    },
    release: async (grant, options = {}) => {
      if (grant.publicIpv6 === undefined) return inner.release(grant, options);
      const { releaseBoth } = await lateParts.dualStack();
      return releaseBoth(both, grant, options);
    },
  };
}
