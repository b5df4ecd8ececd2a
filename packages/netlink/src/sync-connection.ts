import fs from 'node:fs';
import { BatchSteps } from './batch-steps.ts';
import type { BatchResult } from './batch-steps.ts';
import type { NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Settled } from './judge.ts';
import { namespaceFd } from './netns.ts';
import type { NetnsReference } from './network-namespace.ts';
import { isCommand } from './plan.ts';
import type { Plan } from './plan.ts';
import { openNetlinkTransport } from './socket-transport.ts';
import { SyncConversation } from './sync-conversation.ts';
import type { Transport } from './transport.ts';

/** A netlink socket for who blocks until the kernel has answered. */
export class SyncConnection {
  readonly #conversation: SyncConversation;
  readonly #protocol: number;

  constructor(transport: Transport, protocol: number) {
    this.#conversation = new SyncConversation(transport);
    this.#protocol = protocol;
  }

  /** Carries a plan out. @throws NetlinkError */
  perform<T>(plan: Plan<T>): T {
    if (isCommand(plan)) {
      const outcome = this.#request(plan.exchange);
      return plan.conclude(outcome === 'done' ? undefined : outcome);
    }
    const steps = plan[Symbol.iterator]();
    let step = steps.next();
    while (step.done !== true) {
      const outcome = this.#request(step.value);
      if (outcome === 'done') step = steps.next();
      else if (steps.throw === undefined) throw outcome;
      else step = steps.throw(outcome);
    }
    return step.value;
  }

  /** Carries out what was collected, each with its result. */
  batch(collect: (add: (plan: Plan<unknown>) => number) => void): BatchResult[] {
    const batch = new BatchSteps(this.#conversation.groups);
    collect((plan) => batch.add(plan));
    for (const step of batch.steps) {
      if (step.kind === 'groups') for (const group of step.groups) this.#conversation.send(group);
      else batch.results[step.index] = this.#result(step.plan);
    }
    return batch.results;
  }

  close(): void {
    this.#conversation.close();
  }

  #request(exchange: Exchange): Settled {
    if (exchange.netns === undefined) return this.#conversation.request(exchange);
    return elsewhere(exchange, exchange.netns, this.#protocol);
  }

  #result(plan: Plan<unknown>): BatchResult {
    try {
      return { kind: 'done', value: this.perform(plan) };
    } catch (error) {
      return { kind: 'failed', error: error as NetlinkError };
    }
  }
}

function elsewhere(exchange: Exchange, netns: NetnsReference, protocol: number): Settled {
  const { fd, opened } = namespaceFd(netns);
  try {
    const conversation = new SyncConversation(openNetlinkTransport(fd, protocol));
    try {
      return conversation.request(exchange);
    } finally {
      conversation.close();
    }
  } finally {
    if (opened) fs.closeSync(fd);
  }
}
