import { converge, type StepOutcome } from '../../converge.ts';
import { CoreError } from '../../errors.ts';
import { lateParts } from '../../late-parts.ts';
import type { RouteTable } from '../ec2/ec2-api.ts';
import type { Grant, GrantState, MaintainCall } from '../identity-grant.ts';
import { sessionForUndo, type CloudSession } from '../observe/cloud-session.ts';
import { mergeOwnWrites } from '../observe/own-writes.ts';
import { interfaceOf, showsTable, type CloudView } from '../observe/view.ts';
import { judgeOccupant } from '../plan/occupant.ts';
import { planAlone, type WantedIdentity } from '../plan/plan-cloud.ts';
import { privateIpIsOurs } from '../plan/private-ip-duty.ts';
import { endClaim, type Ending } from '../release/end-claim.ts';
import { carryOut } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { reverses } from '../steps/reverses.ts';
import { translateEc2Error } from '../steps/translate-ec2-error.ts';
import { doubtfulClaim, foreignRoute } from './claim-doubt.ts';
import { endOfOccupant } from './end-of-occupant.ts';
import {
  askedForBy,
  believedId,
  carriesOurRecord,
  isProof,
  judgeClaim,
  withoutForeignRecord,
  type Sighting,
} from './judge-claim.ts';
import { look, lookTwice, type Maintenance } from './maintenance.ts';

const maxRounds = 32;
/** Who maintains comes again soon: an outage shall be told, not sat out. */
const failuresBorne = 4;

interface Call extends Pick<MaintainCall, 'claimAgeMs' | 'mayWrite' | 'nowMs'> {
  /** True where a claim of an earlier process of the pod may come late: default false. */
  readonly clearsPrivateIp?: boolean;
}

/** See IdentityGrant.maintain. */
export async function maintainGrant(
  session: CloudSession,
  grant: Grant,
  call: Call,
): Promise<GrantState> {
  const { claimAgeMs, mayWrite = async () => true, nowMs } = call;
  session.patience = failuresBorne;
  const { privateIpAssignedByUs } = grant;
  const run: Maintenance = {
    session,
    grant,
    mayWrite,
    repaired: [],
    occupantId: undefined,
    isRecorded: true,
    privateIpAssignedByUs,
  };
  const { sighting, view } = await lookTwice(run);
  switch (sighting.kind) {
    case 'held': {
      const asked = askedForBy(grant, view, nowMs);
      if (asked !== undefined) return { kind: 'asked-for', by: asked.by, untilMs: asked.untilMs };
      return repair(run, view, believedId(grant, sighting, claimAgeMs));
    }
    case 'not-associated':
    case 'not-shown':
      return repair(run, view, undefined);
    case 'elsewhere':
    case 'private-ip-taken':
      if (isProof(sighting, { grant, view, claimAgeMs })) {
        return (await lateParts.claimLoss()).lostClaim(grant, sighting);
      }
      if (call.clearsPrivateIp === true) return reclaim(run, sighting);
      throw doubtfulClaim(grant, sighting);
    default:
      return sighting satisfies never;
  }
}

/**
 * Another address that our private IP is shown to carry soon after the claim is from before it, or was claimed for an earlier
 * process of this pod and came late. Either way it is ended by its id, as an acquire does, and ours claimed again.
 */
async function reclaim(run: Maintenance, sighting: Sighting): Promise<GrantState> {
  const { grant } = run;
  if (sighting.kind === 'private-ip-taken') {
    run.occupantId = sighting.allocationId;
    const view = await look(run);
    if (endOfOccupant(grant, view) !== undefined) return repair(run, view, undefined);
  }
  throw doubtfulClaim(grant, sighting);
}

class Unsettled extends Error {}
class LetGo extends Error {}
class ClaimRefused extends Error {}

/** Converges toward the whole claim; without an association it is claimed again, of this address only. */
async function repair(
  run: Maintenance,
  view: CloudView,
  seenId: string | undefined,
): Promise<GrantState> {
  const { grant } = run;
  try {
    const associationId = await settle(run, view, seenId === undefined);
    // a write may have waited long for its turn
    if (run.repaired.length > 0) await requireWanted(run);
    return held(run, seenId ?? associationId, undefined);
  } catch (error) {
    if (error instanceof ClaimRefused) {
      return (await lateParts.claimLoss()).refusedClaim(grant, error.message);
    }
    if (error instanceof LetGo) return { kind: 'let-go', left: await undoRepairs(run) };
    const cause =
      error instanceof Unsettled
        ? doubtfulClaim(grant, { kind: 'not-shown' })
        : translateEc2Error(error, `maintaining ${grant.publicIp}`);
    // what was claimed anew is told even when the rest failed, or was aborted
    const id = associationOf(run) ?? seenId ?? (await findLateClaim(run));
    if (id === undefined) throw cause;
    return held(run, id, cause);
  }
}

function held(
  run: Maintenance,
  seenId: string | undefined,
  unrepaired: CoreError | undefined,
): GrantState {
  const { grant, repaired, privateIpAssignedByUs } = run;
  const associationId = seenId ?? grant.associationId;
  const now = { ...grant, associationId, privateIpAssignedByUs };
  return { kind: 'held', grant: now, repaired, unrepaired };
}

/** The association that EC2 answered to a claim of this run. */
function associationOf({ session, grant }: Maintenance): string | undefined {
  return session.writes.find(
    ({ step }) => step.kind === 'associate-address' && step.allocationId === grant.allocationId,
  )?.associationId;
}

/** A claim whose answer did not come may have taken effect: who made it asks once, aborted or not. */
async function findLateClaim(run: Maintenance): Promise<string | undefined> {
  if (!run.session.journal.some(({ kind }) => kind === 'associate-address')) return undefined;
  const session = sessionForUndo(run.session);
  session.patience = failuresBorne;
  const sighting = await look({ ...run, session }).then(
    (view) => judgeClaim(run.grant, view),
    () => undefined,
  );
  return sighting?.kind === 'held' ? sighting.associationId : undefined;
}

/** Undoes what this run put back; answers what it could not undo. */
async function undoRepairs(run: Maintenance): Promise<CoreError | undefined> {
  const { session, grant } = run;
  const done = [...session.journal];
  if (done.length === 0) return undefined;
  const { allocationId, publicIp, owner, networkInterfaceId, privateIp, routeTableIds } = grant;
  const associationId = associationOf(run) ?? grant.associationId;
  const ending: Ending = {
    wanted: {
      kind: 'nothing',
      owner,
      networkInterfaceId,
      privateIp,
      claim: { allocationId, publicIp, associationId },
      unassignPrivateIp: true,
      known: 'own',
      routeTableIds,
    },
    mayDo: (step) => done.some((one) => reverses(step, one)),
  };
  try {
    await endClaim(sessionForUndo(session), ending);
    return undefined;
  } catch (error) {
    return translateEc2Error(error, `undoing what was put back of ${publicIp}`);
  }
}

/** Answers the association that stands in the end. */
async function settle(
  run: Maintenance,
  first: CloudView,
  claimAgain: boolean,
): Promise<string | undefined> {
  const { session, grant } = run;
  let latest: CloudView | undefined = first;
  const { view } = await converge<CloudView, CloudStep>({
    what: `maintaining ${grant.publicIp} on ${grant.privateIp}`,
    maxRounds,
    signal: session.signal,
    observe: async () => {
      const seen = latest ?? (await look(run));
      latest = undefined;
      const merged = mergeOwnWrites(withUnseen(grant, seen), session.writes);
      const cleaned = withoutForeignRecord(grant, merged);
      run.privateIpAssignedByUs = privateIpIsOurs(wantedBy(run, claimAgain), cleaned);
      run.isRecorded = merged.addresses.some((address) => carriesOurRecord(grant, address));
      return cleaned;
    },
    plan: (now) => planSteps(run, claimAgain, now),
    apply: (step) => applyStep(run, step),
  });
  const eni = interfaceOf(view, grant.networkInterfaceId);
  const occupant = eni && judgeOccupant(wantedBy(run, claimAgain), view, eni);
  return occupant?.kind === 'ours' ? occupant.associationId : undefined;
}

/** An allocation, or a route table, that no describe shows is asked for all the same: EC2's refusal says what silence does not. */
function withUnseen({ allocationId, publicIp, routeTableIds }: Grant, view: CloudView): CloudView {
  const { addresses, routeTables } = view;
  const isSeen = addresses.some((one) => one.allocationId === allocationId);
  const unseen = routeTableIds.filter((id) => !showsTable(view, id));
  return {
    ...view,
    addresses: isSeen ? addresses : [...addresses, { allocationId, publicIp, tags: [] }],
    routeTables: [...routeTables, ...unseen.map(emptyTable)],
  };
}

function emptyTable(routeTableId: string): RouteTable {
  return { routeTableId, vpcId: '', routes: [], associatedSubnetIds: [], tags: [] };
}

function wantedBy(
  { grant, privateIpAssignedByUs }: Maintenance,
  claimAgain: boolean,
): WantedIdentity {
  return {
    kind: 'identity',
    owner: grant.owner,
    privateIp: grant.privateIp,
    networkInterfaceId: grant.networkInterfaceId,
    excluded: [],
    claimed: claimAgain ? undefined : grant.allocationId,
    privateIpAssignedByUs,
    withRoutes: true,
  };
}

function planSteps(run: Maintenance, claimAgain: boolean, view: CloudView): readonly CloudStep[] {
  const { networkInterfaceId, privateIp, allocationId, publicIp } = run.grant;
  const end = run.occupantId === undefined ? undefined : endOfOccupant(run.grant, view);
  if (end !== undefined) return [end];
  const addresses = view.addresses.filter((one) => one.allocationId === allocationId);
  const plan = planAlone(wantedBy(run, claimAgain), { ...view, addresses });
  switch (plan.kind) {
    case 'steps':
      return plan.steps;
    case 'network-interface-gone':
      // two looks did not show it: the claim asks EC2 in a way that it must answer
      if (claimAgain && associationOf(run) === undefined) {
        const kind = 'associate-address';
        return [{ kind, allocationId, publicIp, networkInterfaceId, privateIp }];
      }
      throw new Unsettled();
    case 'foreign-route':
      throw foreignRoute(publicIp, plan.routeTableId);
    case 'foreign-address':
    case 'pool-empty':
    case 'pool-exhausted':
    case 'other-border-group':
    case 'address-unavailable':
    case 'claim-lost':
      // not what two looks showed: the next check looks anew
      throw new Unsettled();
    default:
      return plan satisfies never;
  }
}

async function requireWanted({ mayWrite, isRecorded }: Maintenance): Promise<void> {
  if (!(await mayWrite({ isRecorded }))) throw new LetGo();
}

async function applyStep(run: Maintenance, step: CloudStep): Promise<StepOutcome> {
  const { session } = run;
  await requireWanted(run);
  const isUnanswered = session.journal.some(({ kind }) => kind === 'associate-address');
  const carried = await carryOut(session, step).catch((error: unknown) => {
    if (isProofOfLoss(step, error)) throw new ClaimRefused(error.message, { cause: error });
    throw error;
  });
  if (carried === 'done') run.repaired.push(step);
  if (carried !== 'claim-lost') return carried;
  // it may have been refused because of our own first try, whose answer was lost
  throw isUnanswered ? new Unsettled() : new ClaimRefused('somebody else has it by now');
}

/** EC2's answer to a write, which does not lag: our private IP, or its network interface, is not ours, and so nothing that it carried. */
function isProofOfLoss({ kind }: CloudStep, error: unknown): error is CoreError {
  if (!CoreError.is(error)) return false;
  if (kind === 'assign-private-ip') return error.code === 'PrivateIpHeldElsewhere';
  return kind === 'associate-address' && error.code === 'NetworkInterfaceNotFound';
}
