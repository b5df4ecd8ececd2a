import { hostCidr } from '../identity/address.ts';
import { converge } from '../converge.ts';
import { carryOut } from './carry-out.ts';
import { pause, type CloudSession } from './cloud-session.ts';
import type { CloudStep } from './cloud-step.ts';
import { lookAtCloud, routeTableIdFilters, type CloudPart } from './observe-cloud.ts';
import { planCloud } from './plan-cloud.ts';
import type { WantedNothing } from './plan-nothing.ts';
import { isAt, mergeOwnWrites, routeTo, type CloudView } from './view.ts';

/** Rounds of observe, plan, apply: a plan of one round, and looks after transient failures. */
const maxRounds = 64;

/** What is to end, and which steps of the plan may be carried out. */
export interface Ending {
  readonly wanted: WantedNothing;
  readonly routeTableIds: readonly string[];
  /** Default: all. */
  readonly mayDo?: (step: CloudStep) => boolean;
  /** True when others say that the claim was held: a look that does not show it whole is repeated. */
  readonly isReported?: boolean;
}

/** Further looks before what a look does not show counts as gone. */
const looksInDoubt = 3;

/**
 * Converges toward nothing. Before each destroying step what it depends on is read again, and the step is
 * carried out only if it is still planned.
 */
export async function endClaim(session: CloudSession, ending: Ending): Promise<void> {
  const { wanted } = ending;
  const { networkInterfaceId, claim } = wanted;
  const allocationIds = claim === undefined ? [] : [claim.allocationId];
  const scope = {
    networkInterfaceId,
    addressFilters: [{ name: 'allocation-id', values: allocationIds }],
    routeTableFilters: routeTableIdFilters(ending.routeTableIds),
  };
  let latest: CloudView | undefined;
  let isFresh = false;
  let doubts = ending.isReported === true ? looksInDoubt : 0;
  const look = async (parts?: readonly CloudPart[]): Promise<CloudView> => {
    const again =
      latest === undefined || parts === undefined ? undefined : { earlier: latest, parts };
    latest = await lookAtCloud(session, scope, again);
    return mergeOwnWrites(latest, session.writes);
  };
  const plan = (view: CloudView): readonly CloudStep[] => planSteps(ending, view);
  await converge<CloudView, CloudStep>({
    what: `giving back ${claim?.publicIp ?? 'the claim'} on ${wanted.privateIp}`,
    maxRounds,
    signal: session.signal,
    observe: async () => {
      let view = await look();
      for (; doubts > 0 && isDoubtful(ending, view, session); doubts--) {
        await pause(session, `looking for ${claim?.publicIp ?? 'the claim'} again`);
        view = await look();
      }
      isFresh = true;
      return view;
    },
    plan,
    apply: async (step) => {
      if (!isFresh && !plan(await look(dependsOn(step))).some((one) => isSame(one, step))) {
        return 'look-again';
      }
      isFresh = false;
      return (await carryOut(session, step)) === 'done' ? 'done' : 'look-again';
    },
  });
}

/** A describe that does not show the association, or one of its routes, may be from before they were made. */
function isDoubtful(ending: Ending, view: CloudView, { journal }: CloudSession): boolean {
  const { claim } = ending.wanted;
  if (claim === undefined) return false;
  const { publicIp, allocationId } = claim;
  const isEnded = journal.some(
    (step) => step.kind === 'disassociate-address' && step.publicIp === publicIp,
  );
  if (isEnded) return false;
  const address = view.addresses.find((one) => one.allocationId === allocationId);
  if (address?.associationId === undefined) return true;
  if (!isAt(address, ending.wanted)) return false;
  const deleted = journal.flatMap((step) =>
    step.kind === 'delete-route' ? [step.routeTableId] : [],
  );
  const shown = view.routeTables
    .filter((table) => routeTo(table, hostCidr(publicIp)) !== undefined)
    .map(({ routeTableId }) => routeTableId);
  return ending.routeTableIds.some((id) => !deleted.includes(id) && !shown.includes(id));
}

function planSteps(ending: Ending, view: CloudView): readonly CloudStep[] {
  const plan = planCloud(ending.wanted, view);
  const steps = plan.kind === 'steps' ? plan.steps : [];
  return ending.mayDo === undefined ? steps : steps.filter(ending.mayDo);
}

/** What must be read again just before a step; DeleteTags with the value compares by itself. */
function dependsOn({ kind }: CloudStep): readonly CloudPart[] {
  if (kind === 'delete-route') return ['addresses', 'routeTables'];
  if (kind === 'unassign-private-ip') return ['networkInterface', 'addresses'];
  return kind === 'untag-owner' ? [] : ['addresses'];
}

function isSame(a: CloudStep, b: CloudStep): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
