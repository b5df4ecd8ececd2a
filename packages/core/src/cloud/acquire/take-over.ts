import { CoreError } from '../../errors.ts';
import type { Filter, NetworkInterface } from '../ec2/ec2-api.ts';
import type { LivePods, Liveness } from '../liveness.ts';
import { readCloud, type CloudSession } from '../observe/cloud-session.ts';
import { readPool } from '../observe/observe-cloud.ts';
import { isAskedByAnother } from '../observe/shown-request.ts';
import { carryOut } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import {
  doubtAboutDead,
  isPredecessors,
  planFreeing,
  planSuccession,
  type Heir,
  type Succession,
} from './plan-succession.ts';

export interface TakeOver {
  readonly session: CloudSession;
  readonly heir: Heir;
  readonly vpcId: string;
  readonly live: Liveness;
}

const nobodyKnown: LivePods = { complete: false, pods: [] };

/** A list that cannot be had proves nobody dead. */
function askWhoLives({ live, session }: TakeOver): Promise<LivePods> {
  return live.livePods({ signal: session.signal }).catch(() => nobodyKnown);
}

/**
 * Takes the address of a dead predecessor off its private IP; answers the allocation to claim. EC2 is read
 * before the list of live pods. Undefined when there is no predecessor, or none that is proven dead, or when a standby has asked
 * for what it had.
 */
export async function succeed(run: TakeOver): Promise<string | undefined> {
  const { session, heir } = run;
  const pool = await readPool(session, heir.pool);
  const wish = { owner: heir.owner, nowMs: session.clock.now() };
  const left = pool.filter(
    (address) => isPredecessors(address, heir) && !isAskedByAnother(address, wish),
  );
  if (left.length === 0) return undefined;
  const ids = left.flatMap(({ networkInterfaceId }) => networkInterfaceId ?? []);
  const interfaces = await readInterfaces(session, [{ name: 'network-interface-id', values: ids }]);
  const live = await askWhoLives(run);
  for (const address of left) {
    const plan = planSuccession(heir, address, interfaces, live);
    if (plan.kind !== 'take-over') continue;
    await carryOutAll(run, plan.steps);
    return plan.allocationId;
  }
  return undefined;
}

/**
 * Takes the heir's private IP off another network interface.
 * @throws CoreError PrivateIpHeldElsewhere when its holder is not proven dead.
 */
export async function freePrivateIp(run: TakeOver, refused: CoreError): Promise<void> {
  const { session, heir, vpcId } = run;
  const [holder] = await readInterfaces(session, [
    { name: 'vpc-id', values: [vpcId] },
    { name: 'private-ip-address', values: [heir.privateIp] },
  ]);
  // gone meanwhile: the next try tells
  if (holder === undefined || holder.networkInterfaceId === heir.networkInterfaceId) return;
  const pool = await readPool(session, heir.pool);
  const plan: Succession = planFreeing(heir, holder, pool, await askWhoLives(run));
  if (plan.kind !== 'take-over') {
    const why = plan.kind === 'unproven' ? plan.why : 'nobody is known to have had it';
    throw new CoreError({
      code: refused.code,
      message: `${refused.message}; it is not taken over: ${why}`,
      remedy: refused.remedy,
      retry: refused.retry,
      cause: refused,
    });
  }
  await carryOutAll(run, plan.steps);
}

/** A private IP is judged again just before it is taken off; the other steps compare by themselves. */
async function carryOutAll(run: TakeOver, steps: readonly CloudStep[]): Promise<void> {
  for (const step of steps) {
    for (;;) {
      if (step.kind === 'unassign-private-ip' && !(await isStillDue(run, step, steps))) break;
      // a describe may go on showing what EC2 says is not there
      let isGone = false;
      const carried = await carryOut(run.session, step, () => (isGone = true));
      if (carried === 'done' || isGone) break;
    }
  }
}

async function isStillDue(
  run: TakeOver,
  step: CloudStep & { kind: 'unassign-private-ip' },
  steps: readonly CloudStep[],
): Promise<boolean> {
  const { networkInterfaceId, privateIp } = step;
  const values = [networkInterfaceId];
  const [eni] = await readInterfaces(run.session, [{ name: 'network-interface-id', values }]);
  const shown = eni?.privateIpAddresses.find((one) => one.privateIpAddress === privateIp);
  const carried = shown?.association?.associationId;
  const isEnded = steps.some(
    (one) => one.kind === 'disassociate-address' && one.associationId === carried,
  );
  if (shown === undefined || (carried !== undefined && !isEnded)) return false;
  return doubtAboutDead(await askWhoLives(run), run.heir, undefined, privateIp) === undefined;
}

function readInterfaces(
  session: CloudSession,
  filters: readonly Filter[],
): Promise<readonly NetworkInterface[]> {
  return readCloud(session, 'reading the network interface of a dead pod', (call) =>
    session.ec2.describeNetworkInterfaces({ filters }, call),
  );
}
