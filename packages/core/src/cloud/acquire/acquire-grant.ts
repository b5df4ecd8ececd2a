import { converge } from '../../converge.ts';
import { CoreError } from '../../errors.ts';
import { parseIpv4Address } from '../../identity/address.ts';
import { lateParts } from '../../late-parts.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import type { Claim, Grant, GrantRequest } from '../identity-grant.ts';
import type { Liveness } from '../liveness.ts';
import { pause, type CloudSession } from '../observe/cloud-session.ts';
import { findNetworkInterface } from '../observe/find-network-interface.ts';
import { findRouteTables } from '../observe/observe-cloud.ts';
import { caughtUpMs } from '../observe/own-writes.ts';
import { carriesPoolTag, type CloudView } from '../observe/view.ts';
import type { CoolDown } from '../plan/choose-address.ts';
import type { Occupant } from '../plan/occupant.ts';
import { planAlone } from '../plan/plan-cloud.ts';
import type { RefusedPlan } from '../plan/refuse-plan.ts';
import { carryOut } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { nameStep } from '../steps/translate-ec2-error.ts';
import { occupantOf } from './acquire-occupant.ts';
import { wantedBy } from './acquire-wish.ts';
import type { AllocationPolicy } from './allocation-policy.ts';
import { confirmClaim } from './confirm-claim.ts';
import { judgeNetworkInterface } from './judge-network-interface.ts';
import { observeAcquire } from './observe-acquire.ts';
import { settlePublished } from './published-claim.ts';
import type { TakeOver } from './take-over.ts';

/** Rounds of observe, plan, apply beyond one for every address of the pool. */
const roundsBesidesLostClaims = 64;

/** After so many describes may be behind, of what our own private IP carries too, which EC2 refuses with the same code. */
const fewRefused = 3;

/** What one acquire knows. */
export interface Acquire {
  readonly session: CloudSession;
  readonly request: GrantRequest;
  readonly networkInterfaceId: string;
  readonly routeTableIds: readonly string[];
  readonly excluded: string[];
  preferred: string | undefined;
  /** The claim that is held now, be it ours from before. */
  claim: Claim | undefined;
  /** What our private IP carries and is given up for another address; who holds it is told first. */
  leaving: Claim | undefined;
  /** What our private IP is shown to carry of ours; only EC2's answer to a claim says whether it still does. */
  shownId: string | undefined;
  /** The association that EC2 answered to our claim, where describes had time enough to show it, or that stands published, and they do not. */
  overdueId: string | undefined;
  /** What was claimed, be it with no answer, while nothing of ours was shown: an association that is shown since is of this very call. */
  blindId?: string;
  /** The one of those that still stood. */
  confirmed: string | undefined;
  /** What stands published; undefined once it is believed to be lost. */
  published: GrantRequest['published'];
  privateIpAssignedByUs: boolean;
  /** True without a describe: every secondary private IP of the pool's interface is truetuple's, and one that is published as such. */
  readonly isPrivateIpOurs: boolean;
  /** How to take from the dead; undefined when nothing proves who is dead. */
  readonly takeOver: TakeOver | undefined;
  hasFreedPrivateIp: boolean;
  readonly coolDown: (() => CoolDown) | undefined;
  readonly allocate: AllocationPolicy | undefined;
}

export interface AcquireOptions {
  readonly live?: Liveness | undefined;
  readonly coolDown?: (() => CoolDown) | undefined;
  readonly allocate?: AllocationPolicy | undefined;
}

/** Takes an address for the link and leads the VPC's routes to it; what it took it gives back on failure. */
export async function acquireGrant(
  session: CloudSession,
  request: GrantRequest,
  more: AcquireOptions = {},
): Promise<Grant> {
  const { live } = more;
  const { spec, link } = request;
  const eni = await findNetworkInterface(session, spec, link);
  const refused = judgeNetworkInterface(eni, spec);
  if (refused !== undefined) throw refused;
  const { networkInterfaceId, vpcId } = eni;
  const { owner, pool } = spec;
  const isPublished = isPublishedAsOurs(request, networkInterfaceId);
  const heir = { owner, privateIp: link.privateIp, networkInterfaceId, pool };
  const acquire: Acquire = {
    session,
    request,
    networkInterfaceId,
    routeTableIds: await findRouteTables(session, spec, vpcId, caughtUpMs),
    excluded: [],
    preferred: undefined,
    claim: undefined,
    leaving: undefined,
    shownId: undefined,
    overdueId: undefined,
    confirmed: undefined,
    published: request.published,
    privateIpAssignedByUs: isPublished || isOursToManage(eni, request),
    isPrivateIpOurs: isPublished || carriesPoolTag(eni, pool),
    takeOver: live && { session, heir, vpcId, live },
    hasFreedPrivateIp: false,
    coolDown: more.coolDown,
    allocate: more.allocate,
  };
  try {
    if (acquire.takeOver !== undefined) {
      const { succeed } = await lateParts.takeOver();
      acquire.preferred = await succeed(acquire.takeOver);
    }
    for (;;) {
      const claim = await takeClaim(acquire);
      acquire.claim = claim;
      const led = (await prepareLink(acquire, claim)) && (await leadRoutes(acquire, claim));
      if (led !== false) return describeGrant(acquire, led);
      await request.onGivingBack?.(claim);
      const { giveBackClaim } = await lateParts.undoAcquire();
      await giveBackClaim(acquire, claim);
      acquire.published = undefined;
      acquire.claim = undefined;
      acquire.excluded.push(claim.allocationId);
    }
  } catch (error) {
    const { undoAcquire, refusalOf } = await lateParts.undoAcquire();
    throw await undoAcquire(
      acquire,
      error instanceof PlanRefused ? refusalOf(error.refused) : error,
    );
  }
}

/**
 * On a network interface that carries the pool's tag every secondary private IP is truetuple's: one that is
 * there already was left by a process that died between registering it and recording that it did.
 */
function isOursToManage(eni: NetworkInterface, { spec, link }: GrantRequest): boolean {
  const shown = eni.privateIpAddresses.find((one) => one.privateIpAddress === link.privateIp);
  return shown?.primary === false && carriesPoolTag(eni, spec.pool);
}

/** True when truetuple registered the private IP for what stands published: a describe may not show the record yet. */
function isPublishedAsOurs({ published, link }: GrantRequest, networkInterfaceId: string): boolean {
  return (
    published?.privateIpAssignedByUs === true &&
    published.privateIp === link.privateIp &&
    published.networkInterfaceId === networkInterfaceId
  );
}

/** Converges up to an owned claim: no route leads to it yet. */
async function takeClaim(acquire: Acquire): Promise<Claim> {
  return settleClaim(acquire, undefined);
}

async function settleClaim(acquire: Acquire, claim: Claim | undefined): Promise<Claim> {
  const occupant = occupantOf(acquire, await settle(acquire, claim));
  if (occupant?.kind !== 'ours') throw new Error('the plan was empty without a claim');
  return claimOf(occupant, acquire);
}

function claimOf(
  { address, associationId }: Extract<Occupant, { readonly kind: 'ours' | 'left-over' }>,
  { networkInterfaceId }: Acquire,
): Claim {
  const { publicIp, allocationId } = address;
  return {
    publicIp: parseIpv4Address(publicIp, 'public IP'),
    allocationId,
    associationId,
    networkInterfaceId,
  };
}

/** False when another pod of this node has the address on its link. */
async function prepareLink(acquire: Acquire, claim: Claim): Promise<boolean> {
  try {
    await acquire.request.onClaimed(claim);
    return true;
  } catch (error) {
    if (CoreError.is(error) && error.code === 'AddressHeldOnNode') return false;
    throw error;
  }
}

/** Answers the claim, which may have been made anew meanwhile; false when it was taken from us. */
async function leadRoutes(acquire: Acquire, claim: Claim): Promise<Claim | false> {
  try {
    return await settleClaim(acquire, claim);
  } catch (error) {
    if (error instanceof ClaimLost) return false;
    throw error;
  }
}

class ClaimLost extends Error {}

/** Made a CoreError of where the acquire is undone. */
class PlanRefused extends Error {
  readonly refused: RefusedPlan;

  constructor(refused: RefusedPlan) {
    super(refused.plan.kind);
    this.refused = refused;
  }
}

async function settle(acquire: Acquire, claim: Claim | undefined): Promise<CloudView> {
  const { session, request } = acquire;
  const { view } = await converge<CloudView, CloudStep>({
    what: `acquiring a public address of pool ${request.spec.pool} for ${request.link.privateIp}`,
    get maxRounds() {
      return roundsBesidesLostClaims + acquire.excluded.length;
    },
    signal: session.signal,
    observe: () => observeAcquire(acquire, claim),
    plan: (seen) => planSteps(acquire, claim, seen),
    apply: (step) => applyStep(acquire, step),
  });
  return view;
}

function planSteps(
  acquire: Acquire,
  claim: Claim | undefined,
  view: CloudView,
): readonly CloudStep[] {
  const wanted = wantedBy(acquire, claim);
  const plan = planAlone(wanted, view);
  const occupant = occupantOf(acquire, view);
  acquire.leaving = occupant?.kind === 'left-over' ? claimOf(occupant, acquire) : undefined;
  acquire.shownId = occupant?.kind === 'ours' ? occupant.associationId : undefined;
  if (plan.kind === 'steps') return plan.steps;
  if (plan.kind === 'claim-lost') throw new ClaimLost();
  const { request, networkInterfaceId } = acquire;
  const { spec, link } = request;
  throw new PlanRefused({ plan, spec, privateIp: link.privateIp, networkInterfaceId });
}

async function applyStep(acquire: Acquire, step: CloudStep): Promise<'done' | 'look-again'> {
  const { leaving, shownId } = acquire;
  acquire.leaving = undefined;
  if (leaving !== undefined) await acquire.request.onGivingBack?.(leaving);
  if (step.kind === 'associate-address') await acquire.request.onClaiming?.();
  let wasBefore = false;
  const carried = await carryOut(acquire.session, step, () => (wasBefore = true)).catch(
    (error: unknown) => freeAndLookAgain(acquire, error),
  );
  // a private IP that EC2 had before us, be it that no describe showed it, is not ours to take off, nor to record so
  if (wasBefore && step.kind === 'assign-private-ip' && !acquire.isPrivateIpOurs) {
    acquire.privateIpAssignedByUs = false;
    return 'look-again';
  }
  if (step.kind === 'associate-address') {
    acquire.preferred = carried === 'look-again' ? step.allocationId : undefined;
    if (carried !== 'look-again') settlePublished(acquire, step);
    if (carried === 'claim-lost' && acquire.excluded.push(step.allocationId) > fewRefused) {
      await pause(acquire.session, nameStep(step));
    }
    if (shownId !== undefined) confirmClaim(acquire, step, { shownId, carried });
    else acquire.blindId = step.allocationId;
  }
  return carried === 'done' ? 'done' : 'look-again';
}

/** A private IP that is stuck on another network interface is taken off there, once, if its holder is dead. */
async function freeAndLookAgain(acquire: Acquire, error: unknown): Promise<'look-again'> {
  const { takeOver } = acquire;
  const isStuck = CoreError.is(error) && error.code === 'PrivateIpHeldElsewhere';
  if (!isStuck || takeOver === undefined || acquire.hasFreedPrivateIp) throw error;
  acquire.hasFreedPrivateIp = true;
  const { freePrivateIp } = await lateParts.takeOver();
  await freePrivateIp(takeOver, error);
  return 'look-again';
}

function describeGrant(acquire: Acquire, claim: Claim): Grant {
  const { request, privateIpAssignedByUs, routeTableIds } = acquire;
  return {
    publicIp: claim.publicIp,
    allocationId: claim.allocationId,
    associationId: claim.associationId,
    networkInterfaceId: claim.networkInterfaceId,
    owner: request.spec.owner,
    privateIp: request.link.privateIp,
    privateIpAssignedByUs,
    routeTableIds,
  };
}
