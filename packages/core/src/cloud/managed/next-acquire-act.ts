import type { Ipv6Address } from '../../identity/ipv6-address.ts';
import type { Grant } from '../identity-grant.ts';
import type { ClaimSpec, ClaimTrouble, IdentityClaim } from './claim.ts';

/** What a pod that waits for its claim does next. */
export type AcquireAct =
  /** Until it changes. */
  | { readonly kind: 'wait'; readonly for: string; readonly trouble: ClaimTrouble | null }
  /** Until it changes, or whoever has an address on its link may have taken it off: no other is free than those that were refused. */
  | { readonly kind: 'ask-again'; readonly for: string; readonly trouble: ClaimTrouble }
  /** A process of the pod before made it: from then on nothing that it asked of the store can change the claim any more. */
  | { readonly kind: 'take-up' }
  /** There is none. */
  | { readonly kind: 'create' }
  /** It is of no use any more: a new one is made when it has gone. What a process before had by it is advertised no longer then. */
  | { readonly kind: 'let-go'; readonly held: Grant | undefined }
  /** Put the public address on the link. */
  | { readonly kind: 'prepare'; readonly grant: Grant }
  /** Say that it is there. */
  | { readonly kind: 'say-ready'; readonly grant: Grant }
  | { readonly kind: 'granted'; readonly grant: Grant }
  | { readonly kind: 'refused'; readonly trouble: ClaimTrouble };

/** What the process that waits has done. */
export interface AcquireProgress {
  /** It has made the claim as it is now, or taken it up. */
  readonly hasTaken: boolean;
  /** The association whose public address it has put on the link. */
  readonly prepared: string | undefined;
  /** The IPv6 address that it wants beside; undefined: none. */
  readonly ipv6Address?: Ipv6Address | undefined;
}

/** Pure: what follows from the claim as it is. */
export function nextAcquireAct(
  claim: IdentityClaim | undefined,
  { hasTaken, prepared, ipv6Address }: AcquireProgress,
): AcquireAct {
  if (claim === undefined) return { kind: 'create' };
  const { spec, status } = claim;
  if (claim.isDeleting && spec.isReleased) return wait('an earlier claim to be given back');
  // deleted by somebody else: nobody gives it back before its pod says so
  if (claim.isDeleting || spec.isReleased) return { kind: 'let-go', held: grantOf(status) };
  // of a process that wanted something else on the link
  if (spec.link.ipv6Address !== ipv6Address) return { kind: 'let-go', held: grantOf(status) };
  if (!hasTaken) return { kind: 'take-up' };
  if (status === null) return wait('the controller to look at the claim');
  const { phase, trouble } = status;
  if (trouble?.retry === 'never' && phase.kind !== 'granted') return { kind: 'refused', trouble };
  switch (phase.kind) {
    case 'waiting':
      return waitForAddress('an address', spec, trouble);
    case 'promised':
      return wait(`${phase.promise.publicIp} to be associated`, trouble);
    case 'lost':
      return { kind: 'let-go', held: phase.grant };
    case 'claimed':
    case 'granted': {
      const { grant } = phase;
      if (spec.refused.includes(grant.allocationId)) {
        return waitForAddress('another address', spec, trouble);
      }
      if (prepared !== grant.associationId) return { kind: 'prepare', grant };
      if (spec.readyFor !== grant.associationId) return { kind: 'say-ready', grant };
      if (phase.kind === 'granted') return { kind: 'granted', grant };
      return wait(`routes to ${grant.publicIp}`, trouble);
    }
    default:
      return phase satisfies never;
  }
}

function grantOf(status: IdentityClaim['status']): Grant | undefined {
  return status !== null && 'grant' in status.phase ? status.phase.grant : undefined;
}

function waitForAddress(
  what: string,
  { refused }: ClaimSpec,
  trouble: ClaimTrouble | null,
): AcquireAct {
  const isNoneFree = trouble?.code === 'PoolExhausted' || trouble?.code === 'AddressUnavailable';
  if (!isNoneFree || refused.length === 0) return wait(what, trouble);
  return { kind: 'ask-again', for: what, trouble };
}

function wait(what: string, trouble: ClaimTrouble | null = null): AcquireAct {
  return { kind: 'wait', for: what, trouble };
}
