import { converge } from '../../converge.ts';
import { CoreError } from '../../errors.ts';
import { freePrivateIp } from '../acquire/take-over.ts';
import type { Grant } from '../identity-grant.ts';
import type { CloudSession } from '../observe/cloud-session.ts';
import { lookIntoPrefixes } from '../observe/look-into-prefixes.ts';
import { lookAtCloud, poolFilters, routeTableIdFilters } from '../observe/observe-cloud.ts';
import { mergeOwnWrites } from '../observe/own-writes.ts';
import { interfaceOf, type CloudView } from '../observe/view.ts';
import { planAlone, type CloudPlan, type WantedIdentity } from '../plan/plan-cloud.ts';
import { privateIpIsOurs } from '../plan/private-ip-duty.ts';
import { refusePlan } from '../plan/refuse-plan.ts';
import { carryOut } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { holdClaimIpv6 } from './claim-ipv6.ts';
import { renewSession, type ClaimPlace, type ClaimWork } from './claim-work.ts';
import {
  addressOfClaim,
  nameClaim,
  type AddressPromise,
  type ClaimPhase,
  type IdentityClaim,
} from './claim.ts';
import type { ControlPorts } from './control-ports.ts';
import { hasItsPrivateIp } from './heir.ts';
import { isOfOneAddress } from './stops-all.ts';
import { heldAddress, isReady, wantedFor } from './want-claim.ts';
import { writeStatus } from './write-status.ts';

/** Rounds of observe, plan, apply; a look each time the world moved. */
const maxRounds = 32;

/** One claim to be led on, as the plan for all of them says. */
export interface HoldErrand {
  readonly work: ClaimWork;
  readonly place: ClaimPlace;
  /** What the plan was made from, our own writes laid over it. */
  readonly view: CloudView;
  readonly address: Pick<AddressPromise, 'allocationId' | 'publicIp'>;
}

/** The address is somebody else's, as EC2 said, or as describes show. */
export class AddressTaken extends Error {
  readonly allocationId: string;
  readonly isProven: boolean;

  constructor(allocationId: string, isProven: boolean) {
    super(allocationId);
    this.allocationId = allocationId;
    this.isProven = isProven;
  }
}

/**
 * Promises the address to the claim, then converges EC2 toward it, then says how far it is. The promise comes first: what EC2
 * was asked for is known to whoever goes on from here.
 * @throws AddressTaken, ClaimMoved, and the CoreError that ends it.
 */
export async function holdClaim(ports: ControlPorts, errand: HoldErrand): Promise<void> {
  const { work, address } = errand;
  await promise(ports, errand);
  const session = renewSession(ports, work);
  const ipv6 = await holdClaimIpv6(ports, session, errand);
  const wanted = (): WantedIdentity =>
    onlyThat(wantedFor(work, errand.place), address.allocationId);
  let latest: CloudView | undefined = errand.view;
  let hasFreed = false;
  const { view } = await converge<CloudView, CloudStep>({
    what: `leading on claim ${nameClaim(work.claim)}`,
    maxRounds,
    signal: ports.signal,
    observe: async () => {
      latest ??= await look(ports, session, errand);
      return mergeOwnWrites(latest, session.writes);
    },
    plan: (seen) => withClaim(stepsOf(planAlone(wanted(), seen), errand), session, errand),
    apply: async (step) => {
      if (step.kind === 'assign-private-ip') await sayAssigned(ports, work);
      const carried = await carryOut(session, step).catch(async (error: unknown) => {
        if (isOnlyOfAddress(work, error)) return 'claim-lost' as const;
        if (hasFreed || !isStuckElsewhere(error)) throw error;
        hasFreed = true;
        await freeFor(ports, session, errand, error);
        return 'look-again' as const;
      });
      if (carried === 'claim-lost') throw new AddressTaken(address.allocationId, true);
      if (carried === 'look-again') latest = undefined;
      return carried;
    },
  });
  await tell(ports, errand, { wanted: wanted(), view, ipv6 });
}

function onlyThat(wanted: WantedIdentity, only: string): WantedIdentity {
  return Object.assign(wanted, { only });
}

async function promise(ports: ControlPorts, errand: HoldErrand): Promise<void> {
  const { work, place, view } = errand;
  const { allocationId, publicIp } = errand.address;
  const phase = work.claim.status?.phase;
  const known = phase?.kind === 'promised' ? phase.promise : undefined;
  const granted = phase !== undefined && 'grant' in phase ? phase.grant : undefined;
  if ((known ?? granted)?.allocationId === allocationId) return;
  const wanted = wantedFor(work, place);
  const next: AddressPromise = {
    allocationId,
    publicIp,
    networkInterfaceId: place.networkInterfaceId,
    privateIpAssignedByUs: privateIpIsOurs(wanted, view),
    routeTableIds: place.routeTableIds,
  };
  await writeStatus(ports, work, { phase: { kind: 'promised', promise: next }, trouble: null });
}

/** Before EC2 is asked for it, as with the address: the view that was promised by may have shown a private IP that was gone. */
async function sayAssigned(ports: ControlPorts, work: ClaimWork): Promise<void> {
  const { status } = work.claim;
  if (status === null) return;
  const { phase } = status;
  const privateIpAssignedByUs = true;
  if (phase.kind === 'promised') {
    const promised = { ...phase.promise, privateIpAssignedByUs };
    await writeStatus(ports, work, { ...status, phase: { kind: 'promised', promise: promised } });
  } else if (phase.kind === 'claimed') {
    const grant = { ...phase.grant, privateIpAssignedByUs };
    await writeStatus(ports, work, { ...status, phase: { ...phase, grant } });
  }
}

async function look(
  ports: ControlPorts,
  session: CloudSession,
  { work, place }: HoldErrand,
): Promise<CloudView> {
  const { networkInterfaceId } = place;
  const { privateIp } = work.claim.spec.link;
  const view = await lookAtCloud(session, {
    networkInterfaceIds: [networkInterfaceId],
    addressFilters: poolFilters(ports.pool),
    routeTableFilters: routeTableIdFilters(place.routeTableIds),
  });
  return lookIntoPrefixes(session, view, [{ networkInterfaceId, privateIp }]);
}

function stepsOf(plan: CloudPlan, { work, place, address }: HoldErrand): readonly CloudStep[] {
  if (plan.kind === 'steps') return plan.steps;
  if (plan.kind === 'address-unavailable') throw new AddressTaken(address.allocationId, false);
  const { identity, link } = work.claim.spec;
  throw refusePlan({
    plan,
    spec: identity,
    privateIp: link.privateIp,
    networkInterfaceId: place.networkInterfaceId,
  });
}

/**
 * A describe may show an association of this very pod that has ended since: what no status and no answer says is claimed, which EC2
 * answers with the association that stands, if one does.
 */
function withClaim(
  steps: readonly CloudStep[],
  session: CloudSession,
  { work, place, address }: HoldErrand,
): readonly CloudStep[] {
  const { allocationId, publicIp } = address;
  const phase = work.claim.status?.phase;
  const isSaid = phase !== undefined && 'grant' in phase;
  const isAnswered = session.writes.some(
    ({ step }) => step.kind === 'associate-address' && step.allocationId === allocationId,
  );
  const isPlanned = steps.some(({ kind }) => kind === 'associate-address');
  if (isSaid || isAnswered || isPlanned) return steps;
  const { networkInterfaceId } = place;
  const { privateIp } = work.claim.spec.link;
  const kind = 'associate-address';
  return [{ kind, allocationId, publicIp, networkInterfaceId, privateIp }, ...steps];
}

/** Once: what is refused of two addresses would be of all. */
function isOnlyOfAddress(work: ClaimWork, error: unknown): boolean {
  if (work.hasMetNotOurs || !CoreError.is(error) || !isOfOneAddress(error.cause)) return false;
  work.hasMetNotOurs = true;
  return true;
}

function isStuckElsewhere(error: unknown): error is CoreError {
  return CoreError.is(error) && error.code === 'PrivateIpHeldElsewhere';
}

/**
 * A private IP that is stuck on another network interface is taken off there if its holder is dead. Another claim for it goes first: it
 * says whose it is, which a list of live pods that is behind does not, and takes it off when it ends.
 */
async function freeFor(
  ports: ControlPorts,
  session: CloudSession,
  { work, place, view }: HoldErrand,
  refused: CoreError,
): Promise<void> {
  const eni = interfaceOf(view, place.networkInterfaceId);
  if (eni === undefined) throw refused;
  const claims = await ports.claims.list();
  const holdsIt = (one: IdentityClaim): boolean =>
    hasItsPrivateIp(one, work.claim) && addressOfClaim(one) !== undefined;
  if (claims.some(holdsIt)) throw refused;
  const { identity, link } = work.claim.spec;
  const { networkInterfaceId } = place;
  const heir = {
    owner: identity.owner,
    privateIp: link.privateIp,
    networkInterfaceId,
    pool: ports.pool,
  };
  await freePrivateIp({ session, heir, vpcId: eni.vpcId, live: ports.live }, refused);
}

/** What leading a claim on came to. */
interface Led {
  readonly wanted: WantedIdentity;
  readonly view: CloudView;
  readonly ipv6: Pick<Grant, 'pool' | 'publicIpv6'>;
}

/** What the last view shows is what the pod is told. */
async function tell(
  ports: ControlPorts,
  { work, place }: HoldErrand,
  { wanted, view, ipv6 }: Led,
): Promise<void> {
  const held = heldAddress(wanted, view);
  if (held === undefined) throw new Error('the plan was empty without a claim');
  work.unavailableSinceMs = undefined;
  const grant: Grant = {
    publicIp: held.publicIp,
    allocationId: held.allocationId,
    associationId: held.associationId,
    networkInterfaceId: place.networkInterfaceId,
    owner: wanted.owner,
    privateIp: wanted.privateIp,
    privateIpAssignedByUs: privateIpIsOurs(wanted, view),
    routeTableIds: place.routeTableIds,
    ...ipv6,
  };
  const phase = work.claim.status?.phase;
  const isKnown =
    (phase?.kind === 'claimed' || phase?.kind === 'granted') &&
    phase.grant.associationId === grant.associationId;
  const claimedAtMs = isKnown ? phase.claimedAtMs : ports.clock.now();
  const kind = isKnown && wanted.withRoutes && isReady(work.claim) ? 'granted' : 'claimed';
  const next: ClaimPhase = { kind, grant, claimedAtMs };
  await writeStatus(ports, work, { phase: next, trouble: null });
}
