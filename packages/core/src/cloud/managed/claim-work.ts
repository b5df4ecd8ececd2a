import type { CoreErrorCode } from '../../errors.ts';
import { formatOwnerTag } from '../../identity/owner.ts';
import type { Grant } from '../identity-grant.ts';
import { describeLagMs } from '../maintain/judge-claim.ts';
import { openSession, type CloudSession } from '../observe/cloud-session.ts';
import type { OwnWrite } from '../observe/view.ts';
import { addressOfClaim, type ClaimKey, type IdentityClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';

/** Where an identity goes: looked up once. */
export interface ClaimPlace {
  readonly networkInterfaceId: string;
  readonly routeTableIds: readonly string[];
}

/** What a controller remembers of one claim; all of it can be forgotten. */
export interface ClaimWork {
  /** As it was read or written last. */
  claim: IdentityClaim;
  /** Its answered writes to EC2, which describes may not show yet. */
  session: CloudSession;
  /** When `session` was used last, by `elapsed`. */
  usedAtMs: number;
  place: ClaimPlace | undefined;
  /** Allocation ids that EC2 refused. */
  readonly excluded: Set<string>;
  /** True once EC2 refused one of those as not ours, although describes show it. */
  hasMetNotOurs: boolean;
  /** The address of an earlier pod of the same name. */
  inherits: string | undefined;
  /** What was held of IPv6 for it: its status may not say so yet. */
  publicIpv6: Grant['publicIpv6'];
  /** Since when EC2 shows the promised address elsewhere, by `elapsed`. */
  unavailableSinceMs: number | undefined;
  /** The version of the latest list that had its pod; undefined when none had, or none that had says. */
  listedIn: number | undefined;
  /** Since when its pod is not listed, by `elapsed`. */
  notListedSinceMs: number | undefined;
  /** Not looked at before, by `elapsed`. */
  restsUntilMs: number;
  /** The association that it has, and since when this controller knows of it, by `elapsed`. */
  known: { readonly associationId: string; readonly sinceMs: number } | undefined;
  /** Allocation id of the address that it is being led to: its promise may not be written yet. */
  leadsTo: string | undefined;
  /** True while it is being carried out, and until a list that was asked for later has its claim: what is known of that may be old. */
  isBusy: boolean;
}

export function newWork(ports: ControlPorts, claim: IdentityClaim): ClaimWork {
  return {
    claim,
    session: sessionFor(ports, claim, answeredFor(claim)),
    usedAtMs: ports.clock.elapsed(),
    place: undefined,
    excluded: new Set(),
    hasMetNotOurs: false,
    inherits: undefined,
    publicIpv6: undefined,
    unavailableSinceMs: undefined,
    listedIn: undefined,
    notListedSinceMs: undefined,
    restsUntilMs: 0,
    known: undefined,
    leadsTo: undefined,
    isBusy: false,
  };
}

/**
 * What a claimed claim's status says that EC2 answered to whoever controlled before: worth more than a describe, which may be from
 * before it. What is granted is compared with EC2 as that shows it.
 */
function answeredFor({ status }: IdentityClaim): OwnWrite[] {
  if (status?.phase.kind !== 'claimed') return [];
  const { grant } = status.phase;
  const { allocationId, publicIp, associationId, networkInterfaceId, privateIp } = grant;
  return [
    { step: { kind: 'assign-private-ip', networkInterfaceId, privateIp }, wasThere: true },
    {
      step: { kind: 'associate-address', allocationId, publicIp, networkInterfaceId, privateIp },
      associationId,
    },
    { step: { kind: 'tag-owner', allocationId, value: formatOwnerTag(grant) } },
  ];
}

/** Tried again after so long, in milliseconds, what may be otherwise at once. */
export const soonMs = 1000;
/** How long EC2 may show a promised address elsewhere before another one is promised. */
const unavailableMs = 10_000;

/** The address that was promised is somebody else's: by EC2's word, or as describes show. */
export function breakPromise(
  work: ClaimWork,
  { isProven, allocationId }: { readonly isProven: boolean; readonly allocationId: string },
  nowMs: number,
): void {
  work.unavailableSinceMs ??= nowMs;
  if (isProven) work.excluded.add(allocationId);
  if (!isProven && nowMs - work.unavailableSinceMs < unavailableMs) {
    work.restsUntilMs = nowMs + soonMs;
    return;
  }
  // the promise stands until the next one takes its place: it says, too, whether the private IP was put there by us
  work.unavailableSinceMs = undefined;
  work.inherits = undefined;
}

/** What is not to be given to others: what it has or was promised, unless EC2 refused it, and what it is about to be promised. */
export function addressesOf({ claim, leadsTo, excluded }: ClaimWork): string[] {
  const had = addressOfClaim(claim)?.allocationId;
  const isRefused = had !== undefined && excluded.has(had);
  const kept = isRefused && claim.status?.phase.kind === 'promised' ? undefined : had;
  return [leadsTo, kept].filter((id) => id !== undefined);
}

/** The claim was read again. */
export function refreshWork(
  { clock }: Pick<ControlPorts, 'clock'>,
  work: ClaimWork,
  claim: IdentityClaim,
): void {
  if (isAskedAnew(work.claim, claim)) work.restsUntilMs = 0;
  work.claim = claim;
  if (clock.elapsed() - work.usedAtMs > describeLagMs) work.session.writes = [];
}

function isAskedAnew(was: IdentityClaim, is: IdentityClaim): boolean {
  if (was.resourceVersion === is.resourceVersion) return false;
  return JSON.stringify(was.spec) !== JSON.stringify(is.spec);
}

/**
 * How long ago an association was made, at least, in milliseconds: since this controller has known of it. Wall clocks, its own and that of
 * whoever made it, may have been set.
 */
export function knownForMs(
  work: ClaimWork,
  { associationId }: Pick<Grant, 'associationId'>,
  { clock }: Pick<ControlPorts, 'clock'>,
): number {
  const nowMs = clock.elapsed();
  if (work.known?.associationId !== associationId) work.known = { associationId, sinceMs: nowMs };
  return nowMs - work.known.sinceMs;
}

/** A session that is patient anew and remembers what the claim's last one wrote. */
export function renewSession(ports: ControlPorts, work: ClaimWork): CloudSession {
  work.usedAtMs = ports.clock.elapsed();
  work.session = sessionFor(ports, work.claim, work.session.writes);
  return work.session;
}

function sessionFor(
  { ec2, clock, signal, onStep }: ControlPorts,
  claim: ClaimKey,
  writes: CloudSession['writes'],
): CloudSession {
  const tell = onStep && ((event: Parameters<typeof onStep>[0]) => onStep(event, claim));
  return Object.assign(openSession({ ec2, clock, signal, onStep: tell }), { writes });
}

/** Troubles that may be over when another claim has ended. */
const endsWithAnother: readonly CoreErrorCode[] = ['PoolExhausted', 'Ipv6AddressHeldElsewhere'];

/** What a claim had is free: who waits for that need not wait for his time. */
export function wakeWhoWaits(works: Iterable<ClaimWork>): void {
  for (const work of works) {
    const { code } = work.claim.status?.trouble ?? {};
    if (code !== undefined && endsWithAnother.includes(code)) work.restsUntilMs = 0;
  }
}
