import { NetlinkError } from '../errors.ts';
import type { Addresses } from '../rtnetlink/addresses.ts';
import type { Route } from '../rtnetlink/route.ts';
import type { Routes } from '../rtnetlink/routes.ts';
import type { Rules } from '../rtnetlink/rules.ts';
import type { ChangePlan, ChangeStep, PlannedStep } from './desired.ts';
import { asNewRoute } from './written-back.ts';

/** What changes go through. */
export interface Changes {
  readonly rules: Pick<Rules, 'add' | 'remove'>;
  readonly routes: Pick<Routes, 'add' | 'replace' | 'remove' | 'list'>;
  readonly addresses: Pick<Addresses, 'add' | 'remove'>;
}

export interface ApplyOptions {
  /** True: carries out the rest although something of somebody else stands in the way. */
  readonly ignoreConflicts?: boolean;
  /** Asked before each step; what was done is undone. */
  readonly signal?: AbortSignal;
}

/**
 * Carries the steps out, in order. When one fails, or the signal says so, those before it are undone in reverse, routes that the kernel
 * took away with an address included.
 * @throws NetlinkError ECONFLICT before anything is done; else that of the step, with the command in its message, as it came; if undoing
 * failed too, EUNDO, with both in its message.
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
  try {
    for (const { step } of plan.steps) {
      options.signal?.throwIfAborted();
      undo.push(...(await carryOutStep(changes, step)));
    }
  } catch (cause) {
    await undoAll(undo, cause, plan.steps);
    throw cause;
  }
}

type Undo = () => Promise<unknown>;

/** Gives what takes it back, the last first. */
async function carryOutStep(changes: Changes, step: ChangeStep): Promise<readonly Undo[]> {
  const { rules, routes, addresses } = changes;
  switch (step.kind) {
    case 'add-rule':
      await rules.add(step.rule);
      return [() => rules.remove(step.rule)];
    case 'remove-rule':
      return (await rules.remove(step.rule)) === 'removed' ? [() => rules.add(step.rule)] : [];
    case 'add-route':
      await routes.add(step.route);
      return [() => routes.remove(step.route)];
    case 'replace-route':
      await routes.replace(step.route);
      return [() => routes.replace(step.before)];
    case 'remove-route':
      return (await routes.remove(step.route)) === 'removed' ? [() => routes.add(step.route)] : [];
    case 'add-address':
      await addresses.add(step.address);
      return [() => addresses.remove(step.address)];
    case 'remove-address':
      return removeAddress(changes, step);
    default:
      return step satisfies never;
  }
}

async function removeAddress(
  { addresses, routes }: Changes,
  { address }: ChangeStep & { readonly kind: 'remove-address' },
): Promise<readonly Undo[]> {
  const before = await routes.list();
  if ((await addresses.remove(address)) === 'absent') return [];
  const left = new Set((await routes.list()).map(textOf));
  const lost = before.filter((route) => !left.has(textOf(route)) && !isKernels(route));
  // undone in reverse: the address comes first
  return [
    ...lost.map((route) => () => routes.add(asNewRoute(route))),
    () => addresses.add(address),
  ];
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
