import { CoreError } from '../../errors.ts';
import type { Clock } from '../../identity/clock.ts';
import type { Grant, GrantState, IdentityGrant } from '../identity-grant.ts';
import { acquireClaim } from './acquire-claim.ts';
import { addressOfClaim, claimKeyOf, nameClaim, type IdentityClaim } from './claim.ts';
import type { ClaimStore } from './claim-store.ts';
import { letClaimGo } from './claim-writes.ts';

/** What a process without EC2 rights works with. */
export interface ManagedGrantParts {
  /** Where the controller looks. */
  readonly claims: ClaimStore;
  readonly clock: Pick<Clock, 'elapsed' | 'wait'>;
  /** How long, in milliseconds, an acquire waits for the controller; default ten minutes. */
  readonly waitMs?: number | undefined;
}

const defaultWaitMs = 10 * 60_000;

/**
 * The grant of a process that holds no EC2 rights: it asks by a claim of its own, and a controller (`controlClaims`) carries out. A
 * claim that is there already, from a process of the pod before, is adopted. Maintaining looks at the claim only: the controller repairs.
 * A release lets the claim go and does not wait for the controller. Its methods reject with a CoreError: what the controller wrote into
 * the claim, that it did not answer in time, or Aborted.
 */
export function managedGrant(parts: ManagedGrantParts): IdentityGrant {
  const { claims, clock, waitMs = defaultWaitMs } = parts;
  return {
    acquire: (request) => acquireClaim({ claims, clock, waitMs }, request),
    maintain: async (grant, { signal, nowMs }) => {
      signal?.throwIfAborted();
      return stateOf(grant, await claims.get(claimKeyOf(grant.owner, grant.privateIp)), nowMs);
    },
    watch: (grant, onChange) => claims.watch(onChange, claimKeyOf(grant.owner, grant.privateIp)),
    release: async (grant) => {
      const claim = await claims.get(claimKeyOf(grant.owner, grant.privateIp));
      // another address of the same pod is another grant, and not this one's to give back
      if (claim === undefined || !isOf(claim, grant)) return;
      await letClaimGo(claims, claim);
    },
  };
}

function isOf(claim: IdentityClaim, grant: Grant): boolean {
  const address = addressOfClaim(claim);
  return address === undefined || address.allocationId === grant.allocationId;
}

/**
 * What a claim says of a grant: the store's answer is proof, since only the controller writes the status, and only what it is sure of.
 * @throws CoreError ClaimInDoubt when the claim says nothing of an address.
 */
function stateOf(
  grant: Grant,
  claim: IdentityClaim | undefined,
  nowMs: number | undefined,
): GrantState {
  const { publicIp } = grant;
  const name = nameClaim(claimKeyOf(grant.owner, grant.privateIp));
  if (claim === undefined)
    return withdrawn(`claim ${name}, by which ${publicIp} was held, is gone`);
  // the pod's own doing: what it gives back is not fenced
  if (claim.spec.isReleased) return { kind: 'let-go', left: undefined };
  if (claim.isDeleting)
    return withdrawn(`claim ${name}, by which ${publicIp} is held, was deleted`);
  const { phase, trouble } = claim.status ?? { phase: { kind: 'waiting' }, trouble: null };
  switch (phase.kind) {
    case 'waiting':
    case 'promised':
      throw doubtful(grant, name);
    case 'lost': {
      const { because, message, associationId } = phase.loss;
      return { kind: 'lost', because, message, associationId: associationId ?? undefined };
    }
    case 'claimed':
    case 'granted': {
      const now = phase.grant;
      if (now.allocationId !== grant.allocationId) {
        return withdrawn(`claim ${name} holds ${now.publicIp} instead of ${publicIp}`);
      }
      const asked = phase.kind === 'granted' ? phase.askedFor : undefined;
      if (asked !== undefined && nowMs !== undefined && nowMs < asked.untilMs) {
        return { kind: 'asked-for', by: asked.by, untilMs: asked.untilMs };
      }
      const unrepaired = trouble === null ? undefined : new CoreError(trouble);
      return { kind: 'held', grant: now, repaired: [], unrepaired };
    }
    default:
      return phase satisfies never;
  }
}

function withdrawn(message: string): GrantState {
  return { kind: 'lost', because: 'withdrawn', message, associationId: undefined };
}

function doubtful({ publicIp }: Grant, name: string): CoreError {
  return new CoreError({
    code: 'ClaimInDoubt',
    message: `Claim ${name} says nothing of ${publicIp}, which it was granted for`,
    remedy: 'Look for who wrote its status, or put back an older state of the claim store.',
    retry: 'later',
  });
}
