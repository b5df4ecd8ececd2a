import { isAlive } from '../doubt-about-pods.ts';
import type { LivePods } from '../liveness.ts';
import { hasItsLink, hasItsPrivateIp, isHeir, isWanted } from './heir.ts';
import { addressOfClaim, interfaceOfClaim, isRefusedByPod, type IdentityClaim } from './claim.ts';
import type { ClaimWork } from './claim-work.ts';
import { isCreatedAfter, judgeHolder } from './judge-holder.ts';
import { isReady } from './want-claim.ts';

/** What is due for the claims, each in one of the lists, or in none. */
export interface Errands {
  /** Toward an identity, or another address. */
  readonly lead: readonly ClaimWork[];
  /** What cannot be led, each with the claim that goes first. */
  readonly wait: readonly { readonly work: ClaimWork; readonly rival: ClaimWork }[];
  /** To be compared with EC2. */
  readonly lookAfter: readonly ClaimWork[];
  /** To be given back. */
  readonly finish: readonly { readonly work: ClaimWork; readonly isPlaceTaken: boolean }[];
}

export interface SortingParts {
  readonly works: readonly ClaimWork[];
  readonly live: LivePods;
  /** By `elapsed`. */
  readonly nowMs: number;
  /** How long a pod must not have been listed before its claim is given back. */
  readonly graceMs: number;
  /** True to look after what is granted, too. */
  readonly isFull: boolean;
  /** How long after a claim's last write it is looked after: describes may not show that yet. */
  readonly restMs: number;
}

/** A claim that somebody deleted goes so soon once a list that cannot be from before its pod does not have it. */
const deletedGraceMs = 2000;

/** Decides what each claim needs next; remembers in the works since when a pod is not listed. */
export function sortErrands(parts: SortingParts): Errands {
  const { works, nowMs } = parts;
  const claims = works.map(({ claim }) => claim);
  const ended = works.filter((work) => isOver(work, claims, parts));
  const held = works.filter((work) => !ended.includes(work) && isWanted(work.claim));
  const isIdle = ({ isBusy, restsUntilMs }: ClaimWork): boolean => !isBusy && restsUntilMs <= nowMs;
  const ending = ended.filter(
    ({ claim, isBusy, restsUntilMs }) =>
      addressOfClaim(claim) !== undefined && (isBusy || restsUntilMs <= nowMs),
  );
  // who comes after waits until the address, and the private IP, are free for him
  const isHeld = ({ claim }: ClaimWork): boolean =>
    addressOfClaim(claim) === undefined &&
    ending.some((one) => isHeir(one.claim, claim) || isAtSamePlace(one.claim, claim));
  // nor is what stands on one link led away from the claim that has it, as long as it is not known which of the two pods lives; and of
  // two that have nothing yet one alone is led, or each would be led on what the other one has just got
  const isLedLater = (work: ClaimWork): boolean =>
    works.some(
      (one) =>
        hasItsLink(one.claim, work.claim) &&
        isLedBefore(one, work) &&
        (one.isBusy || held.includes(one) || (hasAddress(one) && !hasAddress(work))),
    );
  const isDue = (work: ClaimWork): boolean => isIdle(work) && needsLeading(work.claim);
  const due = held.filter((work) => isDue(work) && !isHeld(work) && !isLedLater(work));
  const wait = due.flatMap((work) => {
    const rival = ipv6RivalOf(work, works, due);
    return rival === undefined ? [] : [{ work, rival }];
  });
  return {
    lead: due.filter((work) => !wait.some((one) => one.work === work)),
    wait,
    lookAfter: held.filter(
      (work) =>
        parts.isFull &&
        isIdle(work) &&
        nowMs - work.usedAtMs >= parts.restMs &&
        work.claim.status?.phase.kind === 'granted' &&
        !needsLeading(work.claim),
    ),
    finish: ended.filter(isIdle).flatMap((work) => {
      const here = works.filter((one) => one !== work && isAtSamePlace(one.claim, work.claim));
      const others = here.filter((one) => held.includes(one) && hasAddress(one));
      // one after the other: each takes its own away, the last one the private IP
      const isLater = here.some((one) => ended.includes(one) && hasAddress(one) && one.isBusy);
      if (isLater || others.some(({ claim }) => !isClaimed(claim))) return [];
      return [{ work, isPlaceTaken: others.length > 0 }];
    }),
  };
}

function hasAddress({ claim }: ClaimWork): boolean {
  return addressOfClaim(claim) !== undefined;
}

/** Of two claims for one link: who has got further, else the later one, whose pod more likely lives. */
function isLedBefore(one: ClaimWork, other: ClaimWork): boolean {
  const further = progressOf(one) - progressOf(other);
  if (further !== 0) return further > 0;
  const later = one.claim.createdAtMs - other.claim.createdAtMs;
  return later === 0 ? one.claim.uid > other.claim.uid : later > 0;
}

function progressOf(work: ClaimWork): number {
  if (isClaimed(work.claim)) return 3;
  if (hasAddress(work)) return 2;
  // its promise may be under way
  return work.isBusy ? 1 : 0;
}

function isOver(
  work: ClaimWork,
  claims: readonly IdentityClaim[],
  { live, nowMs, graceMs }: SortingParts,
): boolean {
  const verdict = judgeHolder(work.claim, claims, live);
  if (verdict === 'let-go') return true;
  if (verdict === 'may-live') {
    // a list that was not asked for says nothing
    if (live.complete) work.notListedSinceMs = undefined;
    if (isAlive(live, work.claim.spec.identity.owner.uid)) noteListed(work, live);
    return false;
  }
  work.notListedSinceMs ??= nowMs;
  if (verdict === 'succeeded') return true;
  const isNews =
    isLaterList(live, work) || live.pods.some((pod) => isCreatedAfter(pod, work.claim));
  const patienceMs = work.claim.isDeleting && isNews ? deletedGraceMs : graceMs;
  return nowMs - work.notListedSinceMs >= patienceMs;
}

function noteListed(work: ClaimWork, { version }: LivePods): void {
  if (version !== undefined) work.listedIn = Math.max(version, work.listedIn ?? version);
}

/** True for a list from after one that had the pod: without versions the next list may come from a server that is further behind. */
function isLaterList({ version }: LivePods, { listedIn }: ClaimWork): boolean {
  return version !== undefined && listedIn !== undefined && version > listedIn;
}

function needsLeading(claim: IdentityClaim): boolean {
  const phase = claim.status?.phase ?? { kind: 'waiting' };
  switch (phase.kind) {
    case 'waiting':
    case 'promised':
      return true;
    case 'claimed':
      return isRefusedByPod(claim) || isReady(claim);
    case 'granted':
      return isRefusedByPod(claim);
    case 'lost':
      return false;
    default:
      return phase satisfies never;
  }
}

function isClaimed({ status }: IdentityClaim): boolean {
  const kind = status?.phase.kind;
  return kind === 'claimed' || kind === 'granted';
}

/** True when another claim has, or was promised, an address on its private IP. */
export function isPlaceShared(work: ClaimWork, works: readonly ClaimWork[]): boolean {
  return works.some(
    (one) => one !== work && hasAddress(one) && isAtSamePlace(one.claim, work.claim),
  );
}

/**
 * The claim of another pod that has the IPv6 address which a claim asks for, or is led to it first: a pod's name makes the address, so that one that
 * is not gone yet and its successor ask for the same. EC2 has one of it, and whoever ends takes it off.
 */
function ipv6RivalOf(
  work: ClaimWork,
  works: readonly ClaimWork[],
  due: readonly ClaimWork[],
): ClaimWork | undefined {
  const { ipv6Address } = work.claim.spec.link;
  if (ipv6Address === undefined) return undefined;
  return works.find(
    (one) =>
      one !== work &&
      one.claim.spec.link.ipv6Address === ipv6Address &&
      ((one.isBusy && hasAddress(one)) ||
        ((hasAddress(one) || one.isBusy || due.includes(one)) && isLedBefore(one, work))),
  );
}

/** The interface tells as far as both say it; a claim that is new does not yet. */
function isAtSamePlace(one: IdentityClaim, other: IdentityClaim): boolean {
  if (one.spec.link.privateIp !== other.spec.link.privateIp) return false;
  const [a, b] = [interfaceOfClaim(one), interfaceOfClaim(other)];
  return a === undefined || b === undefined || a === b;
}

/** True when it has to be known who lives before the claims can be sorted. */
export function needsLiveness(works: readonly ClaimWork[], isFull: boolean): boolean {
  if (isFull) return true;
  return works.some(
    ({ claim, notListedSinceMs }) =>
      // who rests at each full pass would never be judged when he is due
      notListedSinceMs !== undefined ||
      (claim.isDeleting && !claim.spec.isReleased) ||
      (addressOfClaim(claim) === undefined &&
        works.some((one) => isHeir(one.claim, claim) || hasItsPrivateIp(one.claim, claim))),
  );
}
