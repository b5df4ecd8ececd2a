import { isRead } from '../../cloud/ec2/around-ec2.ts';
import type { CallOptions } from '../../cloud/ec2/ec2-api.ts';
import { Ec2CallError } from '../../cloud/ec2/ec2-call-error.ts';
import { CallLog, type Ec2Action } from './call-log.ts';
import type { Ec2ChangeListener } from './change.ts';
import type { CloudState } from './cloud-state.ts';
import { CloudCopy, type ShownKind, type ShownResources } from './copy-cloud.ts';
import { Faults, type Ec2Fault } from './faults.ts';
import type { Hardships } from './hardships.ts';
import { requireAllowed } from './iam/iam-policy.ts';
import { rightsOf, requireTagged } from './iam/tag-conditions.ts';
import type { LaggingKind } from './lagging-reads.ts';
import { finishReassignments } from './network-interfaces.ts';
import { httpStatusOf, Refusal, refuse } from './refuse.ts';
import { failWith } from './transients.ts';

const laggingKinds: Readonly<Partial<Record<Ec2Action, LaggingKind>>> = {
  DescribeNetworkInterfaces: 'networkInterfaces',
  DescribeAddresses: 'addresses',
  DescribeRouteTables: 'routeTables',
  DescribeInstances: 'instances',
  DescribeSubnets: 'subnets',
  DescribeSecurityGroups: 'securityGroups',
  DescribeNetworkAcls: 'networkAcls',
  DescribeManagedPrefixLists: 'prefixLists',
  GetManagedPrefixListEntries: 'prefixLists',
};

/** How many states before the present one stale reads can show. */
const pastStatesKept = 64;

/**
 * Carries out operations on the state of a simulated region: one after the other, each in one go, with the
 * planted faults, the log of calls, and listeners that are told before a call answers.
 */
export class CallRunner {
  readonly calls: CallLog = new CallLog();
  readonly faults: Faults = new Faults();
  readonly listeners: Set<Ec2ChangeListener> = new Set();
  readonly state: CloudState;
  readonly #hardships: Hardships;
  /** The state before each change, oldest first. */
  readonly #past: ShownResources[] = [];
  readonly #copy = new CloudCopy();

  constructor(state: CloudState, hardships: Hardships) {
    this.state = state;
    this.#hardships = hardships;
  }

  /** A test's own hands: immediate, unlogged, no faults, nobody is told. */
  build<Answer>(operation: (state: CloudState) => Answer): Answer {
    const { reads } = this.#hardships;
    const before = reads && idsOf(this.state);
    const untold = this.state.changes.length;
    try {
      return operation(this.state);
    } catch (error) {
      throw callError('topology', error);
    } finally {
      this.#hardships.fresh?.follow(this.state);
      if (reads !== undefined && before !== undefined) {
        reads.forgetDeleted(before, this.state);
        reads.rememberTopology(this.state);
      }
      this.state.changes.length = untold;
      this.#copy.forget();
    }
  }

  /** Throws RequestLimitExceeded without a token, UnauthorizedOperation for a denied action. */
  authorize(action: Ec2Action, input: unknown): void {
    try {
      this.#hardships.buckets?.take(action, input);
      this.#permit(action, input);
    } catch (error) {
      throw callError(action, error);
    }
  }

  /** One call of an action. */
  async run<Input, Answer>(
    action: Ec2Action,
    input: Input,
    call: CallOptions | undefined,
    act: (state: CloudState, input: Input) => Answer,
  ): Promise<Answer> {
    call?.signal?.throwIfAborted();
    // a network lies between: other callers' requests may overtake this one
    await Promise.resolve();
    let outcome = 'done';
    const { fresh } = this.#hardships;
    const operation = (state: CloudState, given: Input): Answer => {
      fresh?.requireKnown(action, given, state.elapsed());
      return act(state, given);
    };
    if (this.state.reassignments.length > 0) await this.#moveOn();
    try {
      this.#hardships.buckets?.take(action, input);
      const fault = this.faults.take(action);
      this.#permit(action, input);
      const transient = this.#hardships.transients?.draw(action);
      if (transient?.isAfterEffect === false) failWith(transient);
      if (fault?.error !== undefined) refuse(fault.error, `planted: ${fault.error}`);
      if (fault?.deliverTwice === true) await this.#deliverUnheard(action, input, operation);
      const answer = this.#carryOut(action, fault, (state) => operation(state, input));
      if (fault?.loseAnswer === true) outcome = 'answer-lost';
      if (this.state.changes.length > 0) await this.#tellChanges();
      if (fault?.loseAnswer === true) throw lostAnswer(action);
      if (transient !== undefined) failWith(transient);
      return answer;
    } catch (error) {
      if (error instanceof Refusal) outcome = error.ec2Code;
      throw callError(action, error);
    } finally {
      this.calls.add({ action, input, outcome });
    }
  }

  /** The state as it is now. */
  present(): CloudState {
    if (this.state.reassignments.length > 0) {
      this.#carryOut('AssignPrivateIpAddresses', undefined, finishReassignments);
    }
    return this.state;
  }

  /** The state as a describe of that action shows it now. */
  described(action: Ec2Action): CloudState {
    this.present();
    return this.#shown(action, undefined);
  }

  /** What was to come later has come, and is told. */
  async #moveOn(): Promise<void> {
    this.present();
    await this.#tellChanges();
  }

  #permit(action: Ec2Action, input: unknown): void {
    const { policy, tagConditions } = this.faults;
    for (const one of rightsOf(action, input)) {
      this.faults.authorize(one);
      requireTagged(this.state, { action: one, input }, tagConditions);
    }
    if (policy !== undefined) requireAllowed(this.state, { action, input }, policy);
  }

  /** The first of two deliveries of one request: whatever it answers, nobody hears it. */
  async #deliverUnheard<Input>(
    action: Ec2Action,
    input: Input,
    operation: (state: CloudState, input: Input) => unknown,
  ): Promise<void> {
    try {
      this.#carryOut(action, undefined, (state) => operation(state, input));
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    await this.#tellChanges();
  }

  #carryOut<Answer>(
    action: Ec2Action,
    fault: Ec2Fault | undefined,
    operation: (state: CloudState) => Answer,
  ): Answer {
    if (isRead(action)) return operation(this.#shown(action, fault));
    const before = this.#copy.latest(this.state);
    const answer = operation(this.state);
    this.#hardships.fresh?.follow(this.state);
    if (this.state.changes.length > 0) this.#past.push(before);
    if (this.#past.length > pastStatesKept) this.#past.shift();
    const formers = this.#copy.follow(before, this.state);
    this.#hardships.reads?.remember(formers);
    this.#hardships.reads?.rememberTopology(this.state);
    return answer;
  }

  /** The state as it is, or for a read that lags or is stale as it was: nothing of it may be handed out. */
  #shown(action: Ec2Action, fault: Ec2Fault | undefined): CloudState {
    if (fault?.staleByChanges === undefined) {
      const kind = laggingKinds[action];
      const { reads } = this.#hardships;
      if (kind === undefined || reads === undefined) return this.state;
      return reads.shown(kind, this.state, fault?.staleByMs);
    }
    const past = this.#past.at(-fault.staleByChanges) ?? this.#past[0];
    return past === undefined ? this.state : { ...this.state, ...past };
  }

  async #tellChanges(): Promise<void> {
    for (const change of this.state.changes.splice(0)) {
      for (const listener of this.listeners) await listener(change);
    }
  }
}

function idsOf(state: CloudState): Readonly<Record<ShownKind, readonly string[]>> {
  return {
    networkInterfaces: [...state.networkInterfaces.keys()],
    addresses: [...state.addresses.keys()],
    routeTables: [...state.routeTables.keys()],
  };
}

/** What the SDK makes of a connection that closes before the answer. */
function lostAnswer(action: Ec2Action): Ec2CallError {
  return new Ec2CallError({
    action,
    ec2Code: 'TimeoutError',
    message: `${action}: the connection closed before the answer came`,
  });
}

function callError(action: string, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  const ec2Code = error.ec2Code;
  const httpStatus = httpStatusOf(ec2Code);
  return new Ec2CallError({ action, ec2Code, message: error.message, httpStatus, cause: error });
}
