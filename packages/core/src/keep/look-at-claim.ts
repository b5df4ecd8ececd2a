import type { GrantState, IdentityGrant, MaintainCall } from '../cloud/identity-grant.ts';
import type { Clock } from '../identity/clock.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Seen } from './keep-state.ts';
import { coreErrorOf } from './look-at-link.ts';

export type FromCloud = Extract<Seen, { readonly kind: 'cloud-looked-at' | 'cloud-silent' }>;

export interface ClaimLook extends Omit<MaintainCall, 'nowMs'> {
  readonly clock: Pick<Clock, 'now' | 'elapsed'>;
  readonly identity: PublicIdentity;
  readonly openGrant: () => Promise<IdentityGrant>;
  readonly signal: AbortSignal;
}

/** Looks at EC2 and puts back what the claim lost; undefined when it was aborted before it knew anything. */
export async function lookAtClaim(look: ClaimLook): Promise<FromCloud | undefined> {
  const { identity, openGrant, clock, ...call } = look;
  try {
    const state = await (await openGrant()).maintain(identity, { ...call, nowMs: clock.now() });
    const of = identity.associationId;
    return { kind: 'cloud-looked-at', of, state, uptimeMs: clock.elapsed() };
  } catch (error) {
    if (look.signal.aborted) return undefined;
    return { kind: 'cloud-silent', error: coreErrorOf(error, `EC2 on ${identity.publicIp}`) };
  }
}

/** True when an answer brings an association that was made by this very look. */
export function hasClaimedAnew(
  seen: FromCloud,
): seen is FromCloud & { readonly state: Extract<GrantState, { readonly kind: 'held' }> } {
  return (
    seen.kind === 'cloud-looked-at' &&
    seen.state.kind === 'held' &&
    seen.state.grant.associationId !== seen.of
  );
}
