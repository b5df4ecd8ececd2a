import { converge } from '../../converge.ts';
import { isYoung } from '../maintain/judge-claim.ts';
import { pause, type CloudSession } from '../observe/cloud-session.ts';
import {
  lookAtCloud,
  routeTableIdFilters,
  type CloudPart,
  type CloudScope,
} from '../observe/observe-cloud.ts';
import { mergeUncontradicted } from '../observe/own-writes.ts';
import { interfaceOf, type CloudView } from '../observe/view.ts';
import { planAlone } from '../plan/plan-cloud.ts';
import { isContradicted, shownHolder, type WantedNothing } from '../plan/plan-nothing.ts';
import { carryOut } from '../steps/carry-out.ts';
import { isAmong, type CloudStep } from '../steps/cloud-step.ts';
import { dueOf } from './late-release.ts';
import { afterEnd, believeCaughtUp } from './prove-end.ts';

/** Rounds of observe, plan, apply: a plan of one round, and looks after transient failures. */
const maxRounds = 64;

/** What is to end, and which steps of the plan may be carried out. */
export interface Ending {
  readonly wanted: WantedNothing;
  /** Default: all. */
  readonly mayDo?: (step: CloudStep) => boolean;
  /** Of a reported claim: how long ago it was made, at least, in milliseconds. */
  readonly claimAgeMs?: number;
}

/** Further looks before a reported claim is asked for by its id. */
const looksInDoubt = 3;

/**
 * Converges toward nothing. Before each destroying step what it depends on is read again, and the step is
 * carried out only if it is still planned.
 */
export async function endClaim(session: CloudSession, ending: Ending): Promise<void> {
  const { claim, privateIp } = ending.wanted;
  const what = claim?.publicIp ?? 'the claim';
  let wanted: WantedNothing = { ...ending.wanted, isYoung: isYoung(ending.claimAgeMs ?? 0) };
  let latest: CloudView | undefined;
  let isFresh = false;
  let isUnassignRefused = false;
  let doubts = wanted.known === 'reported' ? looksInDoubt : 0;
  const due = dueOf(session, ending);
  const look = async (parts?: readonly CloudPart[]): Promise<CloudView> => {
    const again = latest && parts && { earlier: latest, parts };
    latest = await lookAtCloud(session, scopeOf(ending.wanted), again);
    wanted = believeCaughtUp(wanted, latest);
    return mergeUncontradicted(latest, session.writes, wanted.former?.networkInterfaceId);
  };
  const plan = (view: CloudView): readonly CloudStep[] =>
    planSteps({ ...ending, wanted, isUnassignRefused }, view, session);
  const planDue = (view: CloudView): readonly CloudStep[] => due.of(plan(view), wanted);
  await converge<CloudView, CloudStep>({
    what: `giving back ${what} on ${privateIp}`,
    maxRounds,
    signal: session.signal,
    observe: async () => {
      let view = await look();
      for (; doubts > 0 && shownHolder(wanted, view) !== 'us'; doubts--) {
        await pause(session, `looking for ${what} again`);
        view = await look();
      }
      while (planDue(view).length === 0 && plan(view).length > 0) {
        await due.caughtUp();
        view = await look();
      }
      isFresh = true;
      return view;
    },
    plan: planDue,
    apply: async (step) => {
      let view = isFresh ? undefined : await look(dependsOn(step));
      // the association last: EC2 compares nothing when it deletes a route
      if (step.kind === 'delete-route') view = await look(['addresses']);
      if (view !== undefined && !isAmong(step, planDue(view))) return 'look-again';
      isFresh = false;
      const before = latest;
      const holder = before === undefined ? 'nobody' : shownHolder(wanted, before);
      const mayBeNews = holder === 'us' || isUndisputed(step, { wanted, holder }, session);
      let wasDoneBefore = false;
      const onGone = () => (wasDoneBefore = !due.isTooNew(step, before));
      const isDone = (await carryOut(session, step, onGone)) === 'done';
      if (wasDoneBefore && step.kind === 'unassign-private-ip') isUnassignRefused = true;
      if (!isDone || step.kind !== 'disassociate-address') return isDone ? 'done' : 'look-again';
      doubts = 0;
      const contradicting = before && isContradicted(wanted, before) ? before : undefined;
      const isNews = mayBeNews && !wasDoneBefore && (await due.isProven(step));
      wanted = await afterEnd(session, { step, wanted, contradicting }, isNews);
      due.told();
      // now that it is known whose the rest is, what comes first may be planned first
      return holder === 'us' && !due.isLate ? 'done' : 'look-again';
    },
  });
}

function scopeOf({ claim, networkInterfaceId, routeTableIds }: WantedNothing): CloudScope {
  const values = claim === undefined ? [] : [claim.allocationId];
  return {
    networkInterfaceIds: [networkInterfaceId],
    addressFilters: [{ name: 'allocation-id', values }],
    routeTableFilters: routeTableIdFilters(routeTableIds),
  };
}

/**
 * True for the end of a young claim, unless somebody else is shown and an earlier try got no answer: that EC2 knows the association no
 * more may then be that try's doing, or what was before it.
 */
function isUndisputed(
  step: CloudStep,
  { wanted, holder }: { readonly wanted: WantedNothing; readonly holder: string },
  { journal }: CloudSession,
): boolean {
  return wanted.isYoung === true && !(holder === 'somebody-else' && isAmong(step, journal));
}

function isOnInterface({ privateIp, networkInterfaceId }: WantedNothing, view: CloudView): boolean {
  const shown = interfaceOf(view, networkInterfaceId)?.privateIpAddresses ?? [];
  return shown.some(({ privateIpAddress }) => privateIpAddress === privateIp);
}

function planSteps(
  ending: Ending & { readonly isUnassignRefused: boolean },
  view: CloudView,
  { writes }: CloudSession,
): readonly CloudStep[] {
  const plan = planAlone(ending.wanted, view);
  const steps = plan.kind === 'steps' ? plan.steps : [];
  const { mayDo = () => true, wanted, isUnassignRefused } = ending;
  // what was done unseen is not seen to be done; and an association that was ended does not come back
  const done = writes.map(({ step }) => step);
  const isDone = (step: CloudStep): boolean =>
    (wanted.known !== 'own' || wanted.isFirst === true || step.kind === 'disassociate-address') &&
    isAmong(step, done);
  // what is neither seen nor known to EC2 is not there
  const isGone = isUnassignRefused && !isOnInterface(wanted, view);
  const isNothing = ({ kind }: CloudStep): boolean => isGone && kind === 'unassign-private-ip';
  return steps.filter((step) => mayDo(step) && !isDone(step) && !isNothing(step));
}

/** What must be read again just before a step; DeleteTags with the value compares by itself. */
function dependsOn({ kind }: CloudStep): readonly CloudPart[] {
  if (kind === 'delete-route') return ['routeTables'];
  if (kind === 'unassign-private-ip') return ['networkInterfaces', 'addresses'];
  return kind === 'untag-owner' ? [] : ['addresses'];
}
