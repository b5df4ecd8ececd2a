import { lateParts } from '../../late-parts.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { refuseIpv6Address } from '../ipv6/ipv6-holder.ts';
import {
  bear,
  pause,
  readCloud,
  throwIfAborted,
  type CloudSession,
} from '../observe/cloud-session.ts';
import { rememberWrite } from '../observe/own-writes.ts';
import { isAt } from '../observe/view.ts';
import { isAmong, type CloudStep } from './cloud-step.ts';
import { performCloudStep, type StepAnswer } from './perform-cloud-step.ts';
import { isOutcomeUnknown, nameStep, translateEc2Error } from './translate-ec2-error.ts';

/** What a step led to: the world is as it wants, or look again, or somebody else has the address. */
export type Carried = 'done' | 'look-again' | 'claim-lost';

/**
 * Carries out one step and tells what it led to; what EC2 answered is remembered. A failure that looking
 * again can solve is no error; one that says stop (access, limits, credentials) is thrown. `onDoneBefore`
 * hears that what was to be destroyed was not there, or that a private IP was there; its false means that it may be there yet.
 */
export async function carryOut(
  session: CloudSession,
  step: CloudStep,
  onDoneBefore?: () => unknown,
): Promise<Carried> {
  throwIfAborted(session, nameStep(step));
  session.onStep?.({ phase: 'begun', step });
  try {
    const answer = await performCloudStep(session.ec2, step, session.signal);
    // if it is there because of our own first try, whose answer was lost, it is our doing
    if (answer.wasThere === true && !wasTried(session, step)) onDoneBefore?.();
    return settle(session, step, answer);
  } catch (error) {
    // if it is gone because of our own first try, whose answer was lost, it is our doing
    if (isDoneAlready(error, step) && (wasTried(session, step) || onDoneBefore?.() !== false)) {
      return settle(session, step);
    }
    if (step.kind === 'replace-route' && isNothingThere(error)) {
      session.onStep?.({ phase: 'failed', step });
      return carryOut(session, asCreation(step));
    }
    if (Ec2CallError.is(error) && isOutcomeUnknown(error)) session.journal.push(step);
    let carried: Carried | undefined;
    try {
      carried = await afterFailure(session, step, error, onDoneBefore);
      return carried;
    } finally {
      if (carried !== 'done') session.onStep?.({ phase: 'failed', step });
    }
  }
}

/** True when an earlier try got no answer: it may have been carried out. */
function wasTried({ journal }: CloudSession, step: CloudStep): boolean {
  return isAmong(step, journal);
}

function settle(session: CloudSession, step: CloudStep, answer: StepAnswer = {}): Carried {
  session.writes = rememberWrite(session.writes, {
    step,
    answeredAtMs: session.clock.elapsed(),
    ...answer,
  });
  session.journal.push(step);
  session.onStep?.({ phase: 'done', step });
  return 'done';
}

/** What EC2 says to a tag call about an Elastic IP that was released, or that it does not know yet. */
const tagTargetGone: readonly string[] = [
  'InvalidAllocationID.NotFound',
  'InvalidElasticIpID.NotFound',
  'InvalidID',
];

/** A destroyed thing that is not there is destroyed. */
function isDoneAlready(error: unknown, step: CloudStep): boolean {
  if (!Ec2CallError.is(error)) return false;
  switch (step.kind) {
    case 'disassociate-address':
      return error.ec2Code === 'InvalidAssociationID.NotFound';
    case 'untag-owner':
    case 'untag-handover':
      return tagTargetGone.includes(error.ec2Code);
    case 'delete-route':
      return ['InvalidRoute.NotFound', 'InvalidRouteTableID.NotFound'].includes(error.ec2Code);
    case 'unassign-private-ip':
    case 'untag-ipv6-owner':
      return error.ec2Code === 'InvalidNetworkInterfaceID.NotFound';
    case 'unassign-ipv6-address':
      // an IPv6 address has no primary that EC2 would refuse to take off: it is not there
      return ['InvalidNetworkInterfaceID.NotFound', 'InvalidParameterValue'].includes(
        error.ec2Code,
      );
    case 'assign-ipv6-address':
    case 'tag-ipv6-owner':
    case 'disable-source-dest-check':
    case 'assign-private-ip':
    case 'associate-address':
    case 'allocate-address':
    case 'tag-owner':
    case 'tag-released':
    case 'tag-handover':
    case 'create-route':
    case 'replace-route':
      return false;
    default:
      return step satisfies never;
  }
}

async function afterFailure(
  session: CloudSession,
  step: CloudStep,
  error: unknown,
  onDoneBefore?: () => unknown,
): Promise<Carried> {
  const code = Ec2CallError.is(error) ? error.ec2Code : undefined;
  const isTaken = code === 'InvalidParameterValue' || code === 'Resource.AlreadyAssociated';
  switch (step.kind) {
    case 'associate-address':
      // which code this has is documented nowhere, nor quoted anywhere
      if (Ec2CallError.is(error) && /border ?group/i.test(error.message)) {
        throw (await lateParts.undoAcquire()).wrongBorderGroup(step, error);
      }
      if (code === 'Resource.AlreadyAssociated') return whoHasIt(session, step);
      if (code === 'AuthFailure') {
        return (await lateParts.undoAcquire()).addressNotOurs(session, step, error);
      }
      if (code === 'InvalidAllocationID.NotFound') return unknownAddress(session, step, error);
      if (code === 'InvalidParameterValue') return withoutPrivateIp(session, step, error);
      break;
    case 'assign-private-ip':
      if (isTaken) return (await lateParts.undoAcquire()).privateIpRefused(session, step, error);
      break;
    case 'assign-ipv6-address':
      if (isTaken) throw await refuseIpv6Address(session, step, error);
      break;
    case 'disassociate-address':
      if (isDoneAlready(error, step)) return lookAgain(session, step, error);
      await refuseIfNamed(step, error);
      break;
    case 'create-route':
      // somebody was quicker, or our own first try was: the next look decides between done and replace
      if (code === 'RouteAlreadyExists') return lookAgain(session, step, error);
      break;
    case 'unassign-private-ip':
      if (code !== 'InvalidParameterValue') break;
      if (wasTried(session, step)) return settle(session, step);
      // EC2's one code for both "it is not there" and "it is the primary": the next look tells
      onDoneBefore?.();
      return lookAgain(session, step, error);
    case 'unassign-ipv6-address':
    case 'tag-ipv6-owner':
    case 'untag-ipv6-owner':
    case 'disable-source-dest-check':
    case 'allocate-address':
    case 'tag-owner':
    case 'tag-released':
    case 'untag-owner':
    case 'tag-handover':
    case 'untag-handover':
    case 'replace-route':
    case 'delete-route':
      break;
    default:
      return step satisfies never;
  }
  await bear(session, error, nameStep(step));
  return 'look-again';
}

/** Which code this has is documented nowhere either. */
async function refuseIfNamed(step: CloudStep, error: unknown): Promise<void> {
  if (!Ec2CallError.is(error) || !/dual-?stack.*name/i.test(error.message)) return;
  throw (await lateParts.undoAcquire()).keptByHostname(step, error);
}

/** EC2 may not know yet what it has just allocated for us: there is no other to turn to, and one more would be one too many. */
async function unknownAddress(
  session: CloudSession,
  step: CloudStep & { kind: 'associate-address' },
  error: unknown,
): Promise<Carried> {
  const { allocationId } = step;
  const isOurs = session.writes.some(({ allocated }) => allocated?.allocationId === allocationId);
  return isOurs ? lookAgain(session, step, error) : 'claim-lost';
}

/** The private IP is not there: somebody took it off again, whatever we remember, or a describe shows. */
function withoutPrivateIp(
  session: CloudSession,
  step: CloudStep & { kind: 'associate-address' },
  error: unknown,
): Promise<Carried> {
  const { networkInterfaceId, privateIp } = step;
  const gone = { kind: 'unassign-private-ip' as const, networkInterfaceId, privateIp };
  session.writes = rememberWrite(session.writes, { step: gone });
  return lookAgain(session, step, error);
}

/** ReplaceRoute: EC2's one code for both "there is none", whatever describes go on showing, and "not allowed". */
function isNothingThere(error: unknown): boolean {
  return Ec2CallError.is(error) && error.ec2Code === 'InvalidParameterValue';
}

function asCreation(step: CloudStep & { kind: 'create-route' | 'replace-route' }): CloudStep {
  const { routeTableId, destination, networkInterfaceId } = step;
  return { kind: 'create-route', routeTableId, destination, networkInterfaceId };
}

/** Bounded like every other thing that is tried again. */
export async function lookAgain(
  session: CloudSession,
  step: CloudStep,
  error: unknown,
): Promise<Carried> {
  if (session.patience <= 0) throw translateEc2Error(error, nameStep(step));
  session.patience -= 1;
  await pause(session, nameStep(step));
  return 'look-again';
}

/** Looks before a describe is believed that says a refused claim to be ours: some six seconds. */
const looksInDoubt = 8;

/**
 * A refused claim may be refused because of our own first try, whose answer was lost. Without such a try, a describe that
 * shows it as ours is from before somebody else took it, unless it goes on doing so.
 */
async function whoHasIt(
  session: CloudSession,
  step: CloudStep & { kind: 'associate-address' },
): Promise<Carried> {
  const filters = [{ name: 'allocation-id', values: [step.allocationId] }];
  const looks = wasTried(session, step) ? 1 : looksInDoubt;
  let associationId: string | undefined;
  for (let look = 1; look <= looks; look++) {
    if (look > 1) await pause(session, nameStep(step));
    const [address] = await readCloud(session, nameStep(step), (call) =>
      session.ec2.describeAddresses({ filters }, call),
    );
    if (address === undefined || !isAt(address, step)) return 'claim-lost';
    associationId = address.associationId;
  }
  return settle(session, step, associationId === undefined ? {} : { associationId });
}
