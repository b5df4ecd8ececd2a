import { isGoverned } from './cloud/ec2/around-ec2.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import { Ec2CallError } from './cloud/ec2/ec2-call-error.ts';
import {
  bear,
  openSession,
  pause,
  sessionForUndo,
  throwIfAborted,
  type CloudSession,
} from './cloud/observe/cloud-session.ts';
import {
  checkProbePlace,
  type CheckedPlace,
  type ProbePlace,
} from './cloud/observe/probe-place.ts';
import type { CloudStep } from './cloud/steps/cloud-step.ts';
import { describeCloudStep } from './cloud/steps/describe-cloud-step.ts';
import { performCloudStep } from './cloud/steps/perform-cloud-step.ts';
import {
  isOutcomeUnknown,
  meaningOf,
  nameStep,
  translateEc2Error,
} from './cloud/steps/translate-ec2-error.ts';
import { CoreError } from './errors.ts';
import { parseIpv4Address } from './identity/address.ts';
import type { Clock } from './identity/clock.ts';
import { requirePoolName } from './identity/pool-name.ts';
import { isFlag, requireOptions } from './identity/require-options.ts';
import type { StepDescription } from './identity/step-description.ts';
import { anything, type OptionRules } from './identity/wrong-options.ts';
import { thisNode } from './this-node.ts';

/** What of an account may be used to find out whom its claims exclude. */
export interface ClaimScopeRequest extends ProbePlace {
  /** False to write; default true: only what would be done is told. */
  readonly dryRun?: boolean;
}

/** What the probe works with. */
export interface ClaimScopePorts {
  readonly ec2: Ec2Api;
  /** For pauses when EC2 throttles; default this node's. */
  readonly clock?: Clock;
  /** Ends it between two calls; what was done is undone all the same. */
  readonly signal?: AbortSignal;
}

/** Whom EC2's refusal to associate an Elastic IP twice protects, and what was learnt on the way. */
export interface ClaimScopeReport {
  readonly outcome: ClaimScopeOutcome;
  /** What was done, or in a dry run would be, undoing included. */
  readonly steps: readonly StepDescription[];
  /** What EC2 says to the same claim made twice. */
  readonly repeatedClaim: 'same-association' | 'new-association' | 'refused' | 'unknown';
  /** What it says to the end of an association that has ended. */
  readonly endedAssociation: 'accept' | 'refuse' | 'unknown';
  /** What could not be undone, and by which command it is. */
  readonly left: readonly StepDescription[];
}

/** What was learnt of whom a claim excludes. */
export type ClaimScopeOutcome =
  | { readonly kind: 'dry-run' }
  /** Pods on one ENI cannot take each other's addresses: direct mode is safe. */
  | { readonly kind: 'per-private-ip' }
  /** They can: with several pods on an ENI let one controller write. */
  | { readonly kind: 'per-network-interface' }
  | { readonly kind: 'inconclusive'; readonly why: string };

type Answer =
  | { readonly kind: 'done'; readonly associationId: string | undefined }
  | { readonly kind: 'refused' | 'unknown'; readonly code: string; readonly message: string };

const options: OptionRules<ClaimScopeRequest> = {
  networkInterfaceId: anything,
  pool: anything,
  allocationId: anything,
  privateIps: anything,
  dryRun: isFlag,
};
const undoTries = 4;

interface Probe {
  readonly session: CloudSession;
  readonly place: CheckedPlace;
  readonly steps: StepDescription[];
  /** Every association that EC2 answered. */
  readonly associationIds: Set<string>;
}

/**
 * Finds out on a real account whether EC2 refuses to move an Elastic IP from one private IP to another of the
 * same network interface (AssociateAddress, AllowReassociation=false), which its reference does not say. Uses
 * an address of the pool that is reserved for this and two private IPs; undoes what it did.
 * @throws CoreError ProbeRefused, SpecInvalid for a pool's name with a wildcard, or what reading EC2 led to, before anything is written; Aborted,
 * once what was written is undone.
 */
export async function probeClaimScope(
  request: ClaimScopeRequest,
  ports: ClaimScopePorts,
): Promise<ClaimScopeReport> {
  const { ec2, clock = thisNode().clock, signal } = ports;
  requirePoolName(request);
  requireOptions(request, options, 'a probe');
  const session = openSession({ ec2, clock, signal });
  const place = await checkProbePlace(session, request);
  const probe: Probe = { session, place, steps: [], associationIds: new Set() };
  if (request.dryRun !== false) {
    const undone = undoing(place, ['<association>']);
    const steps = [...assigns(place), claim(place, 0), claim(place, 0), claim(place, 1), ...undone];
    return reportOf({ ...probe, steps: steps.map(describeCloudStep) }, { kind: 'dry-run' });
  }
  const learnt = await learn(probe).catch(async (error: unknown) => {
    const { left } = await undo(probe);
    throw left.length === 0 ? error : withLeft(error, left);
  });
  const { left, endedAssociation } = await undo(probe);
  return { ...reportOf(probe, learnt.outcome), ...learnt, endedAssociation, left };
}

function withLeft(error: unknown, left: readonly StepDescription[]): CoreError {
  const { code, message, remedy, retry } = translateEc2Error(error, 'probing the scope of claims');
  const commands = left.map(({ command }) => command).join('; ');
  return new CoreError({
    code,
    message: `${message}; and not all of what had been done could be undone`,
    remedy: `${remedy} Then undo the rest: ${commands}`,
    retry,
    cause: error,
  });
}

function reportOf({ steps }: Probe, outcome: ClaimScopeOutcome): ClaimScopeReport {
  const unknown = 'unknown' as const;
  return { outcome, steps, repeatedClaim: unknown, endedAssociation: unknown, left: [] };
}

function assigns({ networkInterfaceId, toAssign }: CheckedPlace): CloudStep[] {
  return toAssign.map((privateIp) => ({
    kind: 'assign-private-ip',
    networkInterfaceId,
    privateIp,
  }));
}

function claim({ address, networkInterfaceId, privateIps }: CheckedPlace, at: 0 | 1): CloudStep {
  const { allocationId } = address;
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  const privateIp = privateIps[at];
  return { kind: 'associate-address', allocationId, publicIp, networkInterfaceId, privateIp };
}

function undoing(
  { address, networkInterfaceId, toAssign }: CheckedPlace,
  associationIds: Iterable<string>,
): CloudStep[] {
  const publicIp = parseIpv4Address(address.publicIp, 'public IP');
  return [
    ...[...associationIds].map((associationId) => ({
      kind: 'disassociate-address' as const,
      associationId,
      publicIp,
    })),
    ...toAssign.map((privateIp) => ({
      kind: 'unassign-private-ip' as const,
      networkInterfaceId,
      privateIp,
    })),
  ];
}

/** One call, its outcome as a value, a governor's end of patience too; only throttling is tried again. */
async function attempt(probe: Probe, step: CloudStep): Promise<Answer> {
  const { session } = probe;
  throwIfAborted(session, nameStep(step));
  probe.steps.push(describeCloudStep(step));
  for (;;) {
    try {
      const { associationId } = await performCloudStep(session.ec2, step, session.signal);
      if (associationId !== undefined) probe.associationIds.add(associationId);
      return { kind: 'done', associationId };
    } catch (error) {
      throwIfAborted(session, nameStep(step));
      if (!Ec2CallError.is(error)) throw error;
      const { ec2Code: code, message } = error;
      if (isThrottled(error) && session.patience > 0 && !isGoverned(session.ec2)) {
        await bear(session, error, nameStep(step));
        continue;
      }
      const isUnknown = isOutcomeUnknown(error) || isThrottled(error);
      return { kind: isUnknown ? 'unknown' : 'refused', code, message };
    }
  }
}

function isThrottled(error: Ec2CallError): boolean {
  return meaningOf(error).code === 'Throttled';
}

type Learnt = Pick<ClaimScopeReport, 'outcome' | 'repeatedClaim'>;

async function learn(probe: Probe): Promise<Learnt> {
  const { place } = probe;
  let repeatedClaim: ClaimScopeReport['repeatedClaim'] = 'unknown';
  const inconclusive = (what: string, answer: Answer): Learnt => {
    const said = answer.kind === 'done' ? 'no id' : `${answer.code}: ${answer.message}`;
    return {
      outcome: { kind: 'inconclusive', why: `${what} was answered ${said}` },
      repeatedClaim,
    };
  };
  for (const step of assigns(place)) {
    const assigned = await attempt(probe, step);
    if (assigned.kind !== 'done') return inconclusive(nameStep(step), assigned);
  }
  const first = await attempt(probe, claim(place, 0));
  if (first.kind !== 'done') return inconclusive('the first claim', first);
  const again = await attempt(probe, claim(place, 0));
  if (again.kind === 'refused') repeatedClaim = 'refused';
  if (again.kind === 'done') {
    const isSame = again.associationId === first.associationId;
    repeatedClaim = isSame ? 'same-association' : 'new-association';
  }
  const second = await attempt(probe, claim(place, 1));
  if (second.kind === 'done') return { outcome: { kind: 'per-network-interface' }, repeatedClaim };
  if (second.kind === 'refused' && second.code === 'Resource.AlreadyAssociated') {
    return { outcome: { kind: 'per-private-ip' }, repeatedClaim };
  }
  return inconclusive('the second claim', second);
}

/** In reverse, whatever was answered; a private IP only if this probe may have put it there. */
async function undo(learnt: Probe): Promise<Pick<ClaimScopeReport, 'left' | 'endedAssociation'>> {
  const left: StepDescription[] = [];
  const probe = { ...learnt, session: sessionForUndo(learnt.session) };
  const { place } = probe;
  await findUnanswered(probe).catch(() => undefined);
  const [last, ...earlier] = [...probe.associationIds].toReversed();
  for (const step of undoing(place, last === undefined ? [] : [last, ...earlier])) {
    const answer = await attemptAgain(probe, step);
    if (answer.kind !== 'done' && !isGone(answer)) left.push(describeCloudStep(step));
  }
  if (last === undefined || left.length > 0) return { left, endedAssociation: 'unknown' };
  const [ended] = undoing({ ...place, toAssign: [] }, [last]);
  const answer = ended && (await attempt(probe, ended));
  const isRefused = answer !== undefined && answer.kind !== 'done' && isGone(answer);
  const endedAssociation = answer?.kind === 'done' ? 'accept' : 'unknown';
  return { left, endedAssociation: isRefused ? 'refuse' : endedAssociation };
}

/** An answer that was lost, or a governor's end of patience, is not the end of undoing. */
async function attemptAgain(probe: Probe, step: CloudStep): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await attempt(probe, step);
    if (answer.kind !== 'unknown' || tries === undoTries) return answer;
    await pause(probe.session, nameStep(step));
  }
}

/** A claim whose answer was lost shows as an association on one of the two private IPs. */
async function findUnanswered({ session, place, associationIds }: Probe): Promise<void> {
  const { allocationId } = place.address;
  const filters = [{ name: 'allocation-id', values: [allocationId] }];
  const [address] = await session.ec2.describeAddresses({ filters });
  const isHere =
    address?.networkInterfaceId === place.networkInterfaceId &&
    place.privateIps.some((privateIp) => privateIp === address.privateIpAddress);
  if (isHere && address.associationId !== undefined) associationIds.add(address.associationId);
}

/** What EC2 says of something that is not there: an association, a private IP on an interface. */
function isGone({ code }: Exclude<Answer, { kind: 'done' }>): boolean {
  return code === 'InvalidAssociationID.NotFound' || code === 'InvalidParameterValue';
}
