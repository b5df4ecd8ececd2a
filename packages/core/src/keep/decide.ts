import type { GrantState } from '../cloud/identity-grant.ts';
import type { CoreError } from '../errors.ts';
import type { Owner } from '../identity/owner.ts';
import type { PublicIdentity } from '../identity/public-identity.ts';
import type { WireOutcome } from './judge-wire.ts';
import type { KeepEnd, KeepEvent, Loss } from './keep-event.ts';
import type { Decision, KeepAct, KeepState, Seen } from './keep-state.ts';

type KernelLook = Extract<Seen, { readonly kind: 'kernel-looked-at' }>;
type Lost = Extract<KeepState['standing'], { readonly kind: 'lost' }>;

/** Pure: what a keep does next for what it saw. Once ended, nothing. */
export function decide(state: KeepState, seen: Seen): Decision {
  if (state.standing.kind === 'ended') return nothing(state);
  if (state.standing.kind === 'lost') return decideLost(state, state.standing, seen);
  switch (seen.kind) {
    case 'kernel-looked-at':
      return afterKernel(state, seen);
    case 'cloud-looked-at':
      // an answer about another association says nothing of this one
      return seen.of === state.identity.associationId
        ? afterCloud(state, seen.state, seen.uptimeMs)
        : nothing(state);
    case 'cloud-silent':
      return afterSilence(state, seen.error);
    case 'wire-asked':
      return seen.of === state.identity.associationId
        ? afterWire(state, seen.outcome)
        : nothing(state);
    case 'publication-released':
      return nothing(ended(state, { kind: 'withdrawn' }));
    case 'publication-replaced':
      return afterReplacement(state, seen.by);
    case 'publication-torn':
      return { state, acts: [afterTorn(seen.error)] };
    case 'published': {
      const { identity } = seen;
      const standing = { kind: 'published' } as const;
      const restored = tell({ kind: 'restored', identity });
      // nobody gives back what is published: EC2 is looked at again
      const more: KeepAct[] = state.isLetGo === true ? [{ kind: 'look-at-cloud' }] : [];
      return { state: { identity, standing }, acts: [restored, ...more] };
    }
    case 'publish-failed':
      return afterUnpublished(putOff(state, 'being-looked-at'), seen.error, stands(state));
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

/** A kernel that cannot be read proves nothing, unless that lasts for more than an interval. */
function afterKernel(
  state: KeepState,
  { repaired, unproven, silentFor = Infinity }: KernelLook,
): Decision {
  const told = tellRepaired({ kind: 'repaired', half: 'kernel', steps: repaired });
  if (unproven !== undefined && silentFor <= 1) {
    if (silentFor === 0) told.push(unsure(unproven));
    return { state: putOff(state, 'to-be-looked-at'), acts: told };
  }
  const why = unproven ?? state.refutedBy;
  const { state: next, acts } =
    why === undefined ? afterProof(state) : unpublish(putOff(state, 'to-be-looked-at'), why);
  return { state: next, acts: [...told, ...acts] };
}

function afterProof(state: KeepState): Decision {
  if (state.standing.kind === 'published') return nothing(state);
  switch (state.untold) {
    case 'to-be-looked-at':
      return { state: { ...state, untold: 'being-looked-at' }, acts: [{ kind: 'look-at-cloud' }] };
    case 'being-looked-at':
      return nothing(state);
    case 'looked-at':
    case undefined:
      return { state, acts: [{ kind: 'publish' }] };
    default:
      return state.untold satisfies never;
  }
}

/** A file that cannot be read at all, as without a free file descriptor, may be whole: only what is in it is to be withdrawn. */
function afterTorn(error: CoreError): KeepAct {
  return error.code === 'PublishFailed' ? unsure(error) : { kind: 'withdraw', because: error };
}

/** What was not published on a look at EC2 waits for another one. */
function putOff(state: KeepState, untold: NonNullable<KeepState['untold']>): KeepState {
  return state.untold === undefined ? state : { ...state, untold };
}

/** EC2 has been looked at: what is published nowhere is, once the link is proven. */
function afterLook({ state, acts }: Decision): Decision {
  const { untold, standing } = state;
  if (untold === undefined || standing.kind === 'published') return { state, acts };
  return { state: { ...state, untold: 'looked-at' }, acts: [...acts, { kind: 'look-at-link' }] };
}

/** Silence proves nothing, also against what is to be published; describes that show something else do. */
function afterSilence(state: KeepState, error: CoreError): Decision {
  const told = { state, acts: [unsure(error)] };
  return error.code === 'ClaimInDoubt' ? told : afterLook(told);
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
  const { state: next, acts } = unpublish({ ...state, refutedBy: error }, error);
  return { state: next, acts: [...acts, ...asked] };
}

function afterCloud(state: KeepState, seen: GrantState, uptimeMs: number): Decision {
  if (seen.kind === 'lost') return lose(state, seen);
  if (seen.kind === 'asked-for') return handOver(state, seen.by);
  if (seen.kind === 'let-go') {
    const { left } = seen;
    const acts = left === undefined ? [] : [unsure(left)];
    return afterLook({ state: { ...state, isLetGo: true }, acts });
  }
  const { grant, repaired, unrepaired } = seen;
  const acts: KeepAct[] = tellRepaired({ kind: 'repaired', half: 'cloud', steps: repaired });
  if (unrepaired !== undefined) acts.push(unsure(unrepaired));
  const { identity, standing } = state;
  const { associationId, privateIpAssignedByUs } = grant;
  const isClaim = associationId === identity.associationId;
  if (isClaim && privateIpAssignedByUs === identity.privateIpAssignedByUs) {
    return afterLook({ state, acts });
  }
  if (standing.kind === 'published') acts.push({ kind: 'publish' });
  const now = { ...state, identity: { ...identity, privateIpAssignedByUs } };
  if (isClaim) return afterLook({ state: now, acts });
  const claimed = { ...now.identity, associationId, claimedAtUptimeMs: uptimeMs };
  return { state: { ...now, identity: claimed, untold: 'to-be-looked-at' }, acts };
}

/** Fenced like a theft, and given back afterwards. */
function handOver(state: KeepState, { namespace, pod, uid }: Owner): Decision {
  const { associationId } = state.identity;
  const message = `${namespace}/${pod} (${uid}) asked for it`;
  return lose(state, { because: 'handed-over', message, associationId });
}

function lose(state: KeepState, loss: Loss): Decision {
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

/** What speaks against it is told once it is withdrawn, or at once where nothing is published. */
function unpublish(state: KeepState, because: CoreError): Decision {
  if (stands(state)) return { state, acts: [{ kind: 'withdraw', because }] };
  return afterUnpublished(state, because, false);
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

/** True once somebody else has taken the publication over. */
export function isTakenAway({ standing }: KeepState): boolean {
  return standing.kind === 'ended' && standing.end.kind === 'withdrawn';
}

/** Nothing but the fence matters any more; every look tries it again. */
function decideLost(state: KeepState, standing: Lost, seen: Seen): Decision {
  const { because, message, associationId } = standing.loss;
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
    case 'fence-failed': {
      const { error } = seen;
      const told = error.code;
      const acts: KeepAct[] = [{ kind: 'look-at-link' }];
      if (told !== standing.told) acts.push(tell({ kind: 'degraded', error }));
      return { state: { ...state, standing: { ...standing, told } }, acts };
    }
    case 'give-back-failed':
      return { state, acts: [unsure(seen.error)] };
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

function unsure(error: CoreError): KeepAct {
  return tell({ kind: 'unsure', error });
}

function tellRepaired(event: KeepEvent & { readonly kind: 'repaired' }): KeepAct[] {
  return event.steps.length === 0 ? [] : [tell(event)];
}
