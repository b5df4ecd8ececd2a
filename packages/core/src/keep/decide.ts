import type { GrantState } from '../cloud/identity-grant.ts';
import type { CoreError, CoreErrorCode } from '../errors.ts';
import type { Owner } from '../identity/owner.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { KernelStep } from '../kernel/kernel-step.ts';
import type { WireOutcome } from './judge-wire.ts';
import type { KeepEnd, KeepEvent, Loss } from './keep-event.ts';

/** What a keep knows between two looks. */
export interface KeepState {
  readonly identity: PublicIdentity;
  readonly standing:
    | { readonly kind: 'published' }
    /** Not proven, or not writable. */
    | {
        readonly kind: 'unpublished';
        /** What was said of it last: each trouble is told once. */
        readonly told: CoreErrorCode | undefined;
        /** True when an earlier publication may still stand: it could not be replaced, or nobody has looked yet. */
        readonly leftOver: boolean;
      }
    /** To be fenced, until that is done. */
    | { readonly kind: 'lost'; readonly loss: Loss }
    | { readonly kind: 'ended'; readonly end: KeepEnd };
  /** Why the wire speaks against it, until the wire speaks for it: as long it is not published. */
  readonly refutedBy?: CoreError;
  /** True when what EC2 lost was not put back, since the claim was being given back for all one could see. */
  readonly isLetGo?: boolean;
}

/** What was seen, or came of an act. */
export type Seen =
  | {
      readonly kind: 'kernel-looked-at';
      readonly repaired: readonly KernelStep[];
      /** Why the identity is not proven; undefined when it is. */
      readonly unproven: CoreError | undefined;
    }
  /** What EC2 showed of one association, which may be replaced meanwhile. */
  | {
      readonly kind: 'cloud-looked-at';
      readonly of: string;
      readonly state: GrantState;
      /** When it was answered, by `Clock.elapsed`. */
      readonly uptimeMs: number;
    }
  | { readonly kind: 'cloud-silent'; readonly error: CoreError }
  /** What STUN servers saw of one association. */
  | { readonly kind: 'wire-asked'; readonly of: string; readonly outcome: WireOutcome }
  /** Another process of the pod has given it back, or is about to. */
  | { readonly kind: 'publication-released' }
  /** What stands published instead of the last publication of this keep. */
  | { readonly kind: 'publication-replaced'; readonly by: PublicIdentity | undefined }
  /** It cannot be read as an identity. */
  | { readonly kind: 'publication-torn'; readonly error: CoreError }
  | { readonly kind: 'published'; readonly identity: PublicIdentity }
  | { readonly kind: 'publish-failed'; readonly error: CoreError }
  | { readonly kind: 'withdrawn'; readonly because: CoreError }
  | { readonly kind: 'withdraw-failed'; readonly error: CoreError }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'fence-failed'; readonly error: CoreError }
  | { readonly kind: 'given-back' }
  | { readonly kind: 'give-back-failed'; readonly error: CoreError }
  | { readonly kind: 'closed' };

/** What is to be done next; what comes of it is seen again. */
export type KeepAct =
  | { readonly kind: 'tell'; readonly event: KeepEvent }
  | { readonly kind: 'publish' }
  | { readonly kind: 'withdraw'; readonly because: CoreError }
  | { readonly kind: 'fence' }
  /** In EC2, once fenced, for a pod that asked for it. */
  | { readonly kind: 'give-back' }
  | { readonly kind: 'look-at-link' }
  | { readonly kind: 'look-at-cloud' };

export interface Decision {
  readonly state: KeepState;
  readonly acts: readonly KeepAct[];
}

/** Pure: what a keep does next for what it saw. Once ended, nothing. */
export function decide(state: KeepState, seen: Seen): Decision {
  if (state.standing.kind === 'ended') return nothing(state);
  if (state.standing.kind === 'lost') return decideLost(state, state.standing.loss, seen);
  switch (seen.kind) {
    case 'kernel-looked-at':
      return afterKernel(state, seen.repaired, seen.unproven);
    case 'cloud-looked-at':
      // an answer about another association says nothing of this one
      return seen.of === state.identity.associationId
        ? afterCloud(state, seen.state, seen.uptimeMs)
        : nothing(state);
    case 'cloud-silent':
      return { state, acts: [tell({ kind: 'unsure', error: seen.error })] };
    case 'wire-asked':
      return seen.of === state.identity.associationId
        ? afterWire(state, seen.outcome)
        : nothing(state);
    case 'publication-released':
      return nothing(ended(state, { kind: 'withdrawn' }));
    case 'publication-replaced':
      return afterReplacement(state, seen.by);
    case 'publication-torn':
      return { state, acts: [{ kind: 'withdraw', because: seen.error }] };
    case 'published': {
      const { identity } = seen;
      const standing = { kind: 'published' } as const;
      const restored = tell({ kind: 'restored', identity });
      // nobody gives back what is published: EC2 is looked at again
      const more: KeepAct[] = state.isLetGo === true ? [{ kind: 'look-at-cloud' }] : [];
      return { state: { identity, standing }, acts: [restored, ...more] };
    }
    case 'publish-failed':
      return afterUnpublished(state, seen.error, stands(state));
    case 'withdrawn':
      return afterUnpublished(state, seen.because, false);
    case 'withdraw-failed':
      // left over: withdrawn at the next look that shows the same, or told as restored by one that does not
      return afterUnpublished(state, seen.error, true);
    case 'closed':
      return nothing(ended(state, { kind: 'closed' }));
    case 'fenced':
    case 'fence-failed':
    case 'given-back':
    case 'give-back-failed':
      return nothing(state);
    default:
      return seen satisfies never;
  }
}

function afterKernel(
  state: KeepState,
  repaired: readonly KernelStep[],
  unproven: CoreError | undefined,
): Decision {
  const told = tellRepaired({ kind: 'repaired', half: 'kernel', steps: repaired });
  const isPublished = state.standing.kind === 'published';
  const why = unproven ?? state.refutedBy;
  if (why === undefined) {
    return { state, acts: [...told, ...(isPublished ? [] : [{ kind: 'publish' } as const])] };
  }
  if (stands(state)) {
    return { state, acts: [...told, { kind: 'withdraw', because: why }] };
  }
  const { state: next, acts } = afterUnpublished(state, why, false);
  return { state: next, acts: [...told, ...acts] };
}

/** Silence proves nothing; a contradiction stands until the wire proves the tuple, and is asked of EC2 at once. */
function afterWire(state: KeepState, outcome: WireOutcome): Decision {
  if (outcome.kind === 'silent') return nothing(state);
  const { refutedBy, ...unrefuted } = state;
  if (outcome.kind === 'proven') {
    return refutedBy === undefined
      ? nothing(state)
      : { state: unrefuted, acts: [{ kind: 'look-at-link' }] };
  }
  const { error } = outcome;
  const asked: KeepAct[] = refutedBy === undefined ? [{ kind: 'look-at-cloud' }] : [];
  const refuted = { ...state, refutedBy: error };
  if (stands(state)) {
    return { state: refuted, acts: [{ kind: 'withdraw', because: error }, ...asked] };
  }
  const { state: next, acts } = afterUnpublished(refuted, error, false);
  return { state: next, acts: [...acts, ...asked] };
}

function afterCloud(state: KeepState, seen: GrantState, uptimeMs: number): Decision {
  if (seen.kind === 'lost') {
    const { because, message, associationId } = seen;
    const loss = { because, message, associationId };
    return { state: { ...state, standing: { kind: 'lost', loss } }, acts: [{ kind: 'fence' }] };
  }
  if (seen.kind === 'asked-for') return handOver(state, seen.by);
  if (seen.kind === 'let-go') {
    const { left } = seen;
    const acts = left === undefined ? [] : [tell({ kind: 'unsure', error: left })];
    return { state: { ...state, isLetGo: true }, acts };
  }
  const { grant, repaired, unrepaired } = seen;
  const acts: KeepAct[] = tellRepaired({ kind: 'repaired', half: 'cloud', steps: repaired });
  if (unrepaired !== undefined) acts.push(tell({ kind: 'unsure', error: unrepaired }));
  const { identity, standing } = state;
  const { associationId, privateIpAssignedByUs } = grant;
  const isClaim = associationId === identity.associationId;
  if (isClaim && privateIpAssignedByUs === identity.privateIpAssignedByUs) return { state, acts };
  if (standing.kind === 'published') acts.push({ kind: 'publish' });
  const claimed = isClaim ? {} : { associationId, claimedAtUptimeMs: uptimeMs };
  return {
    state: { ...state, identity: { ...identity, ...claimed, privateIpAssignedByUs } },
    acts,
  };
}

/** Fenced like a theft, and given back afterwards. */
function handOver(state: KeepState, { namespace, pod, uid }: Owner): Decision {
  const { associationId } = state.identity;
  const message = `${namespace}/${pod} (${uid}) asked for it`;
  const loss = { because: 'handed-over', message, associationId } as const;
  return { state: { ...state, standing: { kind: 'lost', loss } }, acts: [{ kind: 'fence' }] };
}

/** Another process of the pod that ensured the same address goes on with it; all else has taken it over. */
function afterReplacement(state: KeepState, by: PublicIdentity | undefined): Decision {
  const { identity, standing } = state;
  const isSame =
    by !== undefined &&
    by.owner.uid === identity.owner.uid &&
    by.allocationId === identity.allocationId &&
    by.privateIp === identity.privateIp &&
    by.linkName === identity.linkName;
  if (!isSame) return nothing(ended(state, { kind: 'withdrawn' }));
  const wasTold = standing.kind === 'unpublished' && standing.told !== undefined;
  return {
    state: { identity: by, standing: { kind: 'published' } },
    acts: wasTold ? [tell({ kind: 'restored', identity: by })] : [],
  };
}

function afterUnpublished(state: KeepState, error: CoreError, leftOver: boolean): Decision {
  const { standing } = state;
  const isTold = standing.kind === 'unpublished' && standing.told === error.code;
  const acts = isTold ? [] : [tell({ kind: 'degraded', error })];
  const next = { kind: 'unpublished', told: error.code, leftOver } as const;
  return { state: { ...state, standing: next }, acts };
}

/** True when something of this keep is published. */
function stands({ standing }: KeepState): boolean {
  return standing.kind === 'published' || (standing.kind === 'unpublished' && standing.leftOver);
}

/** Nothing but the fence matters any more; every look tries it again. */
function decideLost(state: KeepState, loss: Loss, seen: Seen): Decision {
  const { because, message, associationId } = loss;
  switch (seen.kind) {
    case 'fenced':
    case 'given-back':
      if (because === 'handed-over' && seen.kind === 'fenced') {
        return { state, acts: [{ kind: 'give-back' }] };
      }
      return {
        state: ended(state, { kind: 'lost', isFenced: true, because, message, associationId }),
        acts: [tell({ kind: 'lost', because, message, associationId })],
      };
    case 'fence-failed':
      return { state, acts: [tell({ kind: 'degraded', error: seen.error })] };
    case 'give-back-failed':
      return { state, acts: [tell({ kind: 'unsure', error: seen.error })] };
    case 'closed':
      return nothing(
        ended(state, { kind: 'lost', isFenced: false, because, message, associationId }),
      );
    case 'kernel-looked-at':
    case 'cloud-looked-at':
    case 'cloud-silent':
    case 'wire-asked':
      return { state, acts: [{ kind: 'fence' }] };
    case 'publication-released':
    case 'publication-replaced':
    case 'publication-torn':
    case 'published':
    case 'publish-failed':
    case 'withdrawn':
    case 'withdraw-failed':
      return nothing(state);
    default:
      return seen satisfies never;
  }
}

function nothing(state: KeepState): Decision {
  return { state, acts: [] };
}

function ended({ identity }: KeepState, end: KeepEnd): KeepState {
  return { identity, standing: { kind: 'ended', end } };
}

function tell(event: KeepEvent): KeepAct {
  return { kind: 'tell', event };
}

function tellRepaired(event: KeepEvent & { readonly kind: 'repaired' }): KeepAct[] {
  return event.steps.length === 0 ? [] : [tell(event)];
}
