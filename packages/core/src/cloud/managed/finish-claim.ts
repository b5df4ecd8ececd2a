import type { Grant } from '../identity-grant.ts';
import { rememberWrite } from '../observe/own-writes.ts';
import type { ClaimToEnd } from '../plan/plan-nothing.ts';
import { endClaim } from '../release/end-claim.ts';
import { releaseClaimIpv6 } from './claim-ipv6.ts';
import { knownForMs, renewSession, type ClaimWork } from './claim-work.ts';
import { changeClaim } from './claim-writes.ts';
import { claimFinalizer, type AddressPromise, type IdentityClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';
import { writeStatus } from './write-status.ts';

/** A claim whose pod does not hold it any more. */
export interface FinishErrand {
  readonly work: ClaimWork;
  /** True when another claim is for the same private IP, and takes over the duty to take it off. */
  readonly isPlaceTaken: boolean;
  /** The claim of a later pod of the same name, which gets the address. */
  readonly heir: ClaimWork | undefined;
}

/**
 * Gives back what a claim held, hands its address on to the heir, and lets the claim disappear. Routes stay: whoever has the address
 * next replaces them, and the reaper takes those to an address that stays free.
 */
export async function finishClaim(ports: ControlPorts, errand: FinishErrand): Promise<void> {
  const { work, heir } = errand;
  const held = whatIsHeld(work);
  if (held !== undefined) {
    await giveBack(ports, errand, held);
    await releaseClaimIpv6(ports, work, held);
  }
  const isInherited = held !== undefined && !wasAskedFor(work.claim);
  if (isInherited && heir !== undefined) bequeath(work, heir, held);
  const deleted = await ports.claims.delete(work.claim).then(() => ports.claims.get(work.claim));
  if (deleted === undefined) return;
  await changeClaim(
    deleted,
    (now) => withoutFinalizer(now),
    (changed) => ports.claims.update(changed),
    () => ports.claims.get(work.claim),
  );
}

/**
 * Gives back what a claim has whose pod refused the address, where none can take its place: whoever has it on his link may be the one
 * that waits for it. The claim waits again.
 */
export async function giveBackRefused(ports: ControlPorts, work: ClaimWork): Promise<void> {
  const held = whatIsHeld(work);
  if (held === undefined) return;
  await giveBack(ports, { work, isPlaceTaken: false }, held);
  await releaseClaimIpv6(ports, work, held);
  work.publicIpv6 = undefined;
  await writeStatus(ports, work, { phase: { kind: 'waiting' }, trouble: null });
}

interface Held {
  readonly claim: ClaimToEnd;
  readonly networkInterfaceId: string;
  readonly privateIpAssignedByUs: boolean;
  /** Undefined of a promise. */
  readonly grant: Grant | undefined;
}

/** What the claim's status, or what was written since, says that it holds. */
function whatIsHeld({ claim, session }: ClaimWork): Held | undefined {
  const phase = claim.status?.phase;
  if (phase === undefined || phase.kind === 'waiting') return undefined;
  const of: AddressPromise = phase.kind === 'promised' ? phase.promise : phase.grant;
  const written = session.writes.find(
    ({ step }) => step.kind === 'associate-address' && step.allocationId === of.allocationId,
  )?.associationId;
  return {
    claim: {
      allocationId: of.allocationId,
      publicIp: of.publicIp,
      associationId: written ?? ('grant' in phase ? phase.grant.associationId : undefined),
    },
    networkInterfaceId: of.networkInterfaceId,
    privateIpAssignedByUs: of.privateIpAssignedByUs,
    grant: 'grant' in phase ? phase.grant : undefined,
  };
}

async function giveBack(
  ports: ControlPorts,
  { work, isPlaceTaken }: Pick<FinishErrand, 'work' | 'isPlaceTaken'>,
  held: Held,
): Promise<void> {
  const { identity, link } = work.claim.spec;
  const isKnown = held.claim.associationId !== undefined;
  // that it was registered once is not to hide that somebody has taken it off since
  if (isKnown) {
    work.session.writes = work.session.writes.filter(
      ({ step }) => step.kind !== 'assign-private-ip',
    );
  }
  await endClaim(renewSession(ports, work), {
    wanted: {
      kind: 'nothing',
      owner: identity.owner,
      networkInterfaceId: held.networkInterfaceId,
      privateIp: link.privateIp,
      claim: held.claim,
      unassignPrivateIp: held.privateIpAssignedByUs && !isPlaceTaken,
      // no other claim has it, and who may get it waits until this one has gone
      isPrivateIpOnLink: true,
      // of a promise: whoever made it may have died with the private IP assigned, which no describe shows yet
      isFirst: held.grant === undefined,
      // with an id EC2 can be asked even when no describe shows it
      known: isKnown ? 'reported' : 'own',
      routeTableIds: [],
    },
    claimAgeMs: held.grant === undefined ? 0 : knownForMs(work, held.grant, ports),
  });
}

/** What a pod has let go for another one that asked is not its successor's. */
function wasAskedFor({ status }: IdentityClaim): boolean {
  const phase = status?.phase;
  return phase?.kind === 'granted' && phase.askedFor !== undefined;
}

/** The address is asked for first, and is free whatever a describe still shows. */
function bequeath({ session }: ClaimWork, heir: ClaimWork, { claim }: Held): void {
  const ended = session.writes.filter(({ step }) => step.kind === 'disassociate-address');
  heir.session.writes = ended.reduce(rememberWrite, heir.session.writes);
  heir.inherits = claim.allocationId;
}

function withoutFinalizer(claim: IdentityClaim): IdentityClaim | undefined {
  const finalizers = claim.finalizers.filter((one) => one !== claimFinalizer);
  return finalizers.length === claim.finalizers.length ? undefined : { ...claim, finalizers };
}
