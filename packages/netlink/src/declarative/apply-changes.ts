import { NetlinkError } from '../errors.ts';
import { Limit } from '../limit.ts';
import type { Addresses } from '../rtnetlink/addresses.ts';
import { isLikeAddress, normalisedAddress } from '../rtnetlink/ensure-address.ts';
import type { Route } from '../rtnetlink/route.ts';
import type { Routes } from '../rtnetlink/routes.ts';
import type { Rules } from '../rtnetlink/rules.ts';
import type { ChangePlan, ChangeStep, PlannedStep } from './desired.ts';
import { asNewRoute } from './written-back.ts';

/** What changes go through. */
export interface Changes {
  readonly rules: Pick<Rules, 'add' | 'remove'>;
  readonly routes: Pick<Routes, 'add' | 'replace' | 'remove' | 'list'>;
  readonly addresses: Pick<Addresses, 'add' | 'remove' | 'list'>;
}

/** How a difference is carried out. */
export interface ApplyOptions {
  /** True: carries out the rest although something of somebody else stands in the way. */
  readonly ignoreConflicts?: boolean;
  /** Asked before each step; what was done is undone. */
  readonly signal?: AbortSignal;
}

/**
 * Carries the steps out, in order. When one fails, or the signal says so, those before it are undone in reverse, routes that the kernel
 * took away with an address included. A step of which it is not known whether it was done (`outcome` `unknown`) is undone, too.
 * @throws NetlinkError ECONFLICT before anything is done; EABORTED by the signal; else that of the step, as it came; if undoing failed
 * too, EUNDO, with both in its message.
 */
export async function applyChanges(
  changes: Changes,
  plan: ChangePlan,
  options: ApplyOptions = {},
): Promise<void> {
  const [conflict] = plan.conflicts;
  if (conflict !== undefined && options.ignoreConflicts !== true) {
    throw new NetlinkError(`${conflict.wanted}: ${conflict.because}`, {
      code: 'ECONFLICT',
      errno: 0,
      remedy: 'Remove what stands there, or leave ours out; with ignoreConflicts the rest is done.',
      retry: 'never',
    });
  }
  const undo: Undo[] = [];
  const limit = new Limit(options, () => undefined);
  try {
    for (const { step, command } of plan.steps) {
      if (limit.isOver) throw limit.error({ describe: () => command }, 'not-sent');
      await carryOutStep(changes, step, undo);
    }
  } catch (cause) {
    await undoAll(undo, cause, plan.steps);
    throw cause;
  } finally {
    limit.lift();
  }
}

type Undo = () => Promise<unknown>;

/** Adds to `undo` what takes the step back, also when it failed and may have been done all the same. */
async function carryOutStep(changes: Changes, step: ChangeStep, undo: Undo[]): Promise<void> {
  const before = step.kind === 'remove-address' ? await changes.routes.list() : [];
  let done: 'yes' | 'no' | 'unknown' = 'unknown';
  try {
    done = (await perform(changes, step)) === 'absent' ? 'no' : 'yes';
  } catch (error) {
    if (!NetlinkError.is(error) || error.outcome !== 'unknown') done = 'no';
    throw error;
  } finally {
    if (done !== 'no') undo.push(...(await undoOf(changes, step, before, done === 'yes')));
  }
}

function perform({ rules, routes, addresses }: Changes, step: ChangeStep): Promise<unknown> {
  switch (step.kind) {
    case 'add-rule':
      return rules.add(step.rule);
    case 'remove-rule':
      return rules.remove(step.rule);
    case 'add-route':
      return routes.add(step.route);
    case 'replace-route':
      return routes.replace(step.route);
    case 'remove-route':
      return routes.remove(step.route);
    case 'add-address':
      return addresses.add(step.address);
    case 'remove-address':
      return addresses.remove(step.address);
    default:
      return step satisfies never;
  }
}

/** What takes the step back, the last first. When it is not certain that it was done, that changes nothing if it was not. */
async function undoOf(
  changes: Changes,
  step: ChangeStep,
  before: readonly Route[],
  isCertain: boolean,
): Promise<readonly Undo[]> {
  const { rules, routes, addresses } = changes;
  const restore = (add: Undo): Undo => (isCertain ? add : unlessThere(add));
  switch (step.kind) {
    case 'add-rule':
      return [() => rules.remove(step.rule)];
    case 'remove-rule':
      return [restore(() => rules.add(step.rule))];
    case 'add-route':
      return [() => routes.remove(step.route)];
    case 'replace-route':
      return [() => routes.replace(step.before)];
    case 'remove-route':
      return [restore(() => routes.add(step.route))];
    case 'add-address':
      return [() => (isCertain ? addresses.remove(step.address) : removeIfOurs(changes, step))];
    case 'remove-address':
      return [
        ...(await restoreLost(changes, before)),
        // undone in reverse: the address comes first
        restore(() => addresses.add(step.address)),
      ];
    default:
      return step satisfies never;
  }
}

/** The kernel takes no owner's number into account when it removes an address. */
async function removeIfOurs(
  { addresses }: Changes,
  { address }: ChangeStep & { readonly kind: 'add-address' },
): Promise<void> {
  const { linkIndex, protocol } = address;
  const wanted = normalisedAddress(address);
  const standing = await addresses.list({ linkIndex });
  const isOurs = standing.some((one) => isLikeAddress(one, wanted) && one.protocol === protocol);
  if (isOurs) await addresses.remove(address);
}

/** Routes go with an address without a word. Which ones cannot be known when listing fails: then all that stood. */
async function restoreLost(
  { routes }: Changes,
  before: readonly Route[],
): Promise<readonly Undo[]> {
  const after = await routes.list().catch(() => undefined);
  const left = new Set(after?.map(textOf));
  const lost = before.filter((route) => !left.has(textOf(route)) && !isKernels(route));
  return lost.map((route): Undo => {
    const add = (): Promise<void> => routes.add(asNewRoute(route));
    return after === undefined ? unlessThere(add) : add;
  });
}

function unlessThere(add: Undo): Undo {
  return async () => {
    try {
      await add();
    } catch (error) {
      if (!NetlinkError.is(error) || !error.isExists) throw error;
    }
  };
}

const kernelProtocol = 2; // RTPROT_KERNEL: comes with the address

function isKernels({ protocol }: Route): boolean {
  return protocol === kernelProtocol;
}

function textOf(route: Route): string {
  return JSON.stringify(route);
}

/**
 * As often as it gets further: the kernel lets a route stand after its source address has gone, but does not take it back before the
 * address. Gives why the rest failed.
 */
async function carryOutAll(undo: readonly Undo[]): Promise<readonly unknown[]> {
  const left: Undo[] = [];
  const failures: unknown[] = [];
  for (const one of undo) {
    try {
      await one();
    } catch (error) {
      left.push(one);
      failures.push(error);
    }
  }
  return left.length === 0 || left.length === undo.length ? failures : carryOutAll(left);
}

async function undoAll(
  undo: readonly Undo[],
  cause: unknown,
  steps: readonly PlannedStep[],
): Promise<void> {
  const failures = await carryOutAll(undo.toReversed());
  if (failures.length === 0) return;
  const texts = [cause, ...failures].map((error) =>
    error instanceof Error ? error.message : String(error),
  );
  throw new NetlinkError(
    `${String(steps.length)} changes failed, and not all could be undone: ${texts.join('; ')}`,
    {
      code: 'EUNDO',
      errno: 0,
      remedy: 'Look at what is there and make the difference anew.',
      retry: 'never',
      cause: new AggregateError([cause, ...failures]),
    },
  );
}
