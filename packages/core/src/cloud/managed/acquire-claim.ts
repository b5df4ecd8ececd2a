import { CoreError } from '../../errors.ts';
import type { Clock } from '../../identity/clock.ts';
import { withFailures } from '../acquire/with-failures.ts';
import type { Claim, Grant, GrantRequest, LinkFact } from '../identity-grant.ts';
import { followClaims, type ClaimChanges } from './claim-changes.ts';
import type { ClaimStore } from './claim-store.ts';
import { changeSpec, letClaimGo } from './claim-writes.ts';
import {
  claimFinalizer,
  claimKeyOf,
  nameClaim,
  type ClaimKey,
  type ClaimTrouble,
  type IdentityClaim,
} from './claim.ts';
import { nextAcquireAct, type AcquireAct } from './next-acquire-act.ts';

export interface AcquireClaimParts {
  readonly claims: ClaimStore;
  readonly clock: Pick<Clock, 'elapsed' | 'wait'>;
  /** How long the controller may take, in milliseconds. */
  readonly waitMs: number;
}

/** A change that was not told is seen so much later, in milliseconds. */
const lookAgainMs = 10_000;
/** Tries of handing back, a second apart. */
const handBackTries = 5;

/** What one acquire knows. */
interface Acquiring {
  readonly parts: AcquireClaimParts;
  readonly request: GrantRequest;
  readonly key: ClaimKey;
  readonly changes: ClaimChanges;
  readonly untilMs: number;
  /** True once this call may have made the claim: what it found in place stays. */
  isOurs: boolean;
  /** The uid of the claim that this call has made or taken up. */
  taken: string | undefined;
  /** How often the claim had been taken up then, this call's own tries among them. */
  takenUp: number;
  /** What this process has put on the link. */
  prepared: Grant | undefined;
  /** What it waited for last, and why that may take long. */
  waitedFor: Pick<Extract<AcquireAct, { readonly kind: 'wait' }>, 'for' | 'trouble'> | undefined;
  /** When what was refused is asked for again, by `elapsed`; undefined while nothing waits for that. */
  asksAgainAtMs: number | undefined;
}

/**
 * Asks by a claim and waits until it is granted. A claim that is there already is adopted. What this call made it hands back
 * when it fails, or is aborted, however late.
 */
export async function acquireClaim(
  parts: AcquireClaimParts,
  request: GrantRequest,
): Promise<Grant> {
  const { claims, clock } = parts;
  const key = claimKeyOf(request.spec.owner, request.link.privateIp);
  const changes = followClaims(claims, clock, key);
  const run: Acquiring = {
    parts,
    request,
    key,
    changes,
    untilMs: clock.elapsed() + parts.waitMs,
    isOurs: false,
    taken: undefined,
    takenUp: 0,
    prepared: undefined,
    waitedFor: undefined,
    asksAgainAtMs: undefined,
  };
  try {
    for (;;) {
      throwIfOver(run);
      const granted = await goOn(run).catch((error: unknown) => bearSilence(run, error));
      if (granted !== undefined) return granted;
    }
  } catch (error) {
    throw await handBack(run, error);
  } finally {
    changes.close();
  }
}

/** Does what follows from the claim as it is; undefined when that is not the end. */
async function goOn(run: Acquiring): Promise<Grant | undefined> {
  const { claims } = run.parts;
  const claim = await claims.get(run.key);
  const hasTaken = claim !== undefined && claim.uid === run.taken;
  const { ipv6Address } = run.request.link;
  const prepared = run.prepared?.associationId;
  const act = nextAcquireAct(claim, { hasTaken, prepared, ipv6Address });
  if (act.kind === 'create') {
    await create(run);
    return undefined;
  }
  if (claim === undefined) return undefined;
  switch (act.kind) {
    case 'wait':
      run.waitedFor = act;
      await pause(run);
      return undefined;
    case 'ask-again':
      run.waitedFor = act;
      await askAgain(run, claim);
      return undefined;
    case 'let-go':
      if (act.held !== undefined) await run.request.onGivingBack?.(claimOf(act.held));
      await letClaimGo(claims, claim);
      return undefined;
    case 'take-up': {
      // before it is answered: it may be done without an answer
      run.takenUp = claim.spec.takenUp + 1;
      const taken = await changeSpec(claims, claim, { takenUp: run.takenUp });
      run.taken = taken?.uid;
      return undefined;
    }
    case 'prepare':
      await prepare(run, claim, act.grant);
      return undefined;
    case 'say-ready':
      await changeSpec(claims, claim, { readyFor: act.grant.associationId });
      return undefined;
    case 'granted':
      return act.grant;
    case 'refused':
      throw errorOf(act.trouble);
    default:
      return act satisfies never;
  }
}

/** Not aborted on its way: who makes it must know of it. */
async function create(run: Acquiring): Promise<void> {
  const { request, key, parts } = run;
  const { spec, link, standing = [] } = request;
  const wasTried = run.isOurs;
  run.isOurs = true;
  try {
    const made = await parts.claims.create({
      namespace: key.namespace,
      name: key.name,
      finalizers: [claimFinalizer],
      spec: {
        identity: {
          owner: spec.owner,
          pool: spec.pool,
          region: spec.region,
          address: spec.address,
          excludeAddresses: spec.excludeAddresses,
          linkName: spec.linkName,
          networkInterface: spec.networkInterface,
          requireNoManageTag: spec.requireNoManageTag,
          routeTables: spec.routeTables,
        },
        link: factsOf(link),
        standing,
        refused: [],
        readyFor: null,
        isReleased: false,
        takenUp: 0,
      },
    });
    run.taken = made.uid;
    run.takenUp = 0;
  } catch (error) {
    // our own first try, or another process of the pod
    if (!isStoreError(error, 'ClaimExists')) throw error;
    run.isOurs = wasTried;
  }
}

function factsOf({ macAddress, privateIp, ipv6Address, isIpv6Ours = false }: LinkFact): LinkFact {
  const facts = { macAddress, privateIp };
  return ipv6Address === undefined ? facts : { ...facts, ipv6Address, isIpv6Ours };
}

async function prepare(run: Acquiring, claim: IdentityClaim, grant: Grant): Promise<void> {
  const { request, parts } = run;
  const before = run.prepared;
  if (before !== undefined && before.publicIp !== grant.publicIp) {
    run.prepared = undefined;
    await request.onGivingBack?.(before);
  }
  try {
    await request.onClaimed(claimOf(grant));
    run.prepared = grant;
  } catch (error) {
    if (!isStoreError(error, 'AddressHeldOnNode')) throw error;
    await request.onGivingBack?.(claimOf(grant));
    run.asksAgainAtMs = undefined;
    const refused = [...claim.spec.refused, grant.allocationId];
    await changeSpec(parts.claims, claim, { refused, readyFor: null });
    await pause(run);
  }
}

/** In its time: nothing is told of a link of another pod. Another address may come before that. */
async function askAgain(run: Acquiring, claim: IdentityClaim): Promise<void> {
  const { clock, claims } = run.parts;
  run.asksAgainAtMs ??= clock.elapsed() + lookAgainMs;
  const waitMs = run.asksAgainAtMs - clock.elapsed();
  if (waitMs > 0) {
    await run.changes.next(leftMs(run, waitMs), run.request.signal);
    return;
  }
  run.asksAgainAtMs = undefined;
  await changeSpec(claims, claim, { refused: [] });
}

function claimOf({ publicIp, allocationId, associationId, networkInterfaceId }: Grant): Claim {
  return { publicIp, allocationId, associationId, networkInterfaceId };
}

function pause(run: Acquiring): Promise<void> {
  return run.changes.next(leftMs(run, lookAgainMs), run.request.signal);
}

/** That time, or what is left of the whole. */
function leftMs({ untilMs, parts }: Acquiring, atMostMs: number): number {
  return Math.max(0, Math.min(atMostMs, untilMs - parts.clock.elapsed()));
}

/** A store that does not answer is asked again: that it is silent says nothing of the claim. */
async function bearSilence(run: Acquiring, error: unknown): Promise<undefined> {
  if (!isStoreError(error, 'ClaimStoreUnreachable')) throw error;
  run.waitedFor = { for: 'the claim store', trouble: error };
  await run.parts.clock.wait(1000, run.request.signal);
}

function isStoreError(error: unknown, code: CoreError['code']): error is CoreError {
  return CoreError.is(error) && error.code === code;
}

function throwIfOver(run: Acquiring): void {
  run.request.signal?.throwIfAborted();
  if (run.parts.clock.elapsed() < run.untilMs) return;
  const { waitedFor, parts } = run;
  const trouble = waitedFor?.trouble ?? undefined;
  throw new CoreError({
    code: 'NotGranted',
    message: `Claim ${nameClaim(run.key)} was not granted within ${parts.waitMs} ms: it waited for ${waitedFor?.for ?? 'nothing'}${trouble === undefined ? '' : ` (${trouble.code}: ${trouble.message})`}`,
    remedy:
      trouble?.remedy ??
      'Look whether a controller runs for this pool and holds its lease; its log names what it waits for.',
    retry: 'later',
  });
}

function errorOf({ code, message, remedy, retry }: ClaimTrouble): CoreError {
  return new CoreError({ code, message, remedy, retry });
}

/** Lets go what this call made, unless another process of the pod has taken it up since; answers the error to throw. */
async function handBack(run: Acquiring, error: unknown): Promise<unknown> {
  const { request, parts, key } = run;
  const cause = request.signal?.aborted === true ? abortedBecause(run, error) : error;
  if (!run.isOurs) return cause;
  const failures: unknown[] = [];
  for (let tried = 1; tried <= handBackTries; tried++) {
    try {
      const claim = await parts.claims.get(key);
      if (claim !== undefined) await letClaimGo(parts.claims, claim, run.takenUp);
      return cause;
    } catch (failure) {
      failures.push(failure);
      await parts.clock.wait(1000);
    }
  }
  return withFailures(cause, failures.slice(-1));
}

function abortedBecause({ key, request }: Acquiring, error: unknown): CoreError {
  if (CoreError.is(error) && error.code === 'Aborted') return error;
  return new CoreError({
    code: 'Aborted',
    message: `Waiting for claim ${nameClaim(key)} was aborted`,
    remedy: 'Call again; what this call had asked for is given back.',
    retry: 'now',
    cause: request.signal?.reason,
  });
}
