import type { NetlinkError } from './errors.ts';
import type { Group } from './group.ts';
import type { GroupPool } from './group-pool.ts';
import type { Exchange } from './exchange.ts';
import type { Entry, Settle, Settled } from './judge.ts';
import { isCommand } from './plan.ts';
import type { Command, Plan } from './plan.ts';

/** What became of one operation of a batch. A failed one does not stop those after it. */
export type BatchResult =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'failed'; readonly error: NetlinkError };

/** Sends on end, then somebody who has to wait for their answers. */
export interface GroupsStep {
  readonly kind: 'groups';
  readonly groups: Group[];
  /** How many of their requests are not settled. */
  open: number;
  /** Called when the last one is settled. */
  whenSettled: () => void;
}

/** An operation of several requests, carried out on its own. */
export interface PlanStep {
  readonly kind: 'plan';
  readonly index: number;
  readonly plan: Plan<unknown>;
}

const doneWithNothing: BatchResult = { kind: 'done', value: undefined };

/** The operations of a batch, in order, put together into as few sends as hold them. */
export class BatchSteps {
  readonly steps: (GroupsStep | PlanStep)[] = [];
  readonly results: BatchResult[] = [];
  readonly entries: Entry[] = [];
  readonly #pool: GroupPool;
  /** By the index of the result. */
  readonly #commands: (Command<unknown> | undefined)[] = [];
  /** One for all requests of the group that is being filled. */
  #settle: Settle = () => undefined;

  constructor(pool: GroupPool) {
    this.#pool = pool;
  }

  /** Adds an operation; gives the index of its result. */
  add(plan: Plan<unknown>): number {
    const index = this.results.push(doneWithNothing) - 1;
    if (isCommand(plan) && plan.exchange.netns === undefined) {
      this.#commands.push(plan);
      this.#addCommand(index, plan.exchange);
    } else {
      this.#commands.push(undefined);
      this.steps.push({ kind: 'plan', index, plan });
    }
    return index;
  }

  #addCommand(index: number, exchange: Exchange): void {
    const step = this.#groupsStep();
    let group = step.groups.at(-1);
    if (group === undefined || !this.#pool.fits(group, exchange)) {
      group = this.#pool.takeLargest();
      step.groups.push(group);
      this.#settle = this.#settleFrom(index, step);
    }
    step.open++;
    this.entries.push(group.add(exchange, this.#settle));
  }

  /** The requests of a group, and so their results, are without gaps. */
  #settleFrom(first: number, step: GroupsStep): Settle {
    return (outcome, at) => {
      const command = this.#commands[first + at];
      if (command !== undefined) this.results[first + at] = resultOf(command, outcome);
      if (--step.open === 0) step.whenSettled();
    };
  }

  #groupsStep(): GroupsStep {
    const last = this.steps.at(-1);
    if (last?.kind === 'groups') return last;
    const step: GroupsStep = {
      kind: 'groups',
      groups: [],
      open: 0,
      whenSettled: () => undefined,
    };
    this.steps.push(step);
    return step;
  }
}

function resultOf(command: Command<unknown>, outcome: Settled): BatchResult {
  try {
    const value = command.conclude(outcome === 'done' ? undefined : outcome);
    return value === undefined ? doneWithNothing : { kind: 'done', value };
  } catch (error) {
    return { kind: 'failed', error: error as NetlinkError };
  }
}
