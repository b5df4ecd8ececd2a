import fs from 'node:fs';
import { BatchSteps } from './batch-steps.ts';
import type { BatchResult, GroupsStep, PlanStep } from './batch-steps.ts';
import { Conversation } from './conversation.ts';
import { errorFromErrno, NetlinkError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Entry } from './judge.ts';
import { Limit } from './limit.ts';
import type { CallOptions } from './limit.ts';
import { namespaceFd } from './netns.ts';
import type { NetnsReference } from './network-namespace.ts';
import { isCommand } from './plan.ts';
import type { Plan } from './plan.ts';
import { carryOut } from './requests.ts';
import type { Requests } from './requests.ts';
import { errnoByName } from './schema/errno.ts';
import { netlinkProtocol } from './schema/netlink.ts';
import { openNetlinkTransport } from './socket-transport.ts';
import { SyncConnection } from './sync-connection.ts';
import type { Transport } from './transport.ts';

/** A netlink socket in a namespace, and the namespace itself, kept for sockets opened later. */
export class Connection implements Requests {
  readonly #conversation: Conversation;
  readonly #netnsFd: number;
  readonly #protocol: number;
  #sync: SyncConnection | undefined;
  #closed = false;

  constructor(
    netns: NetnsReference | undefined,
    protocol: number = netlinkProtocol.route,
    transport?: Transport,
  ) {
    const reference = namespaceFd(netns);
    this.#netnsFd = reference.opened ? reference.fd : keep(reference.fd);
    this.#protocol = protocol;
    try {
      const own = transport ?? openNetlinkTransport(this.#netnsFd, protocol);
      this.#conversation = new Conversation(own);
    } catch (error) {
      if (this.#netnsFd >= 0) fs.closeSync(this.#netnsFd);
      throw error;
    }
  }

  /** The other twin: a socket of its own, opened when it is asked for. */
  get sync(): SyncConnection {
    if (this.#sync !== undefined) return this.#sync;
    if (this.#closed) {
      throw new NetlinkError('opening the sync twin of a netlink that is closed', {
        code: 'ECLOSED',
        errno: 0,
        outcome: 'not-sent',
      });
    }
    const transport = openNetlinkTransport(this.#netnsFd, this.#protocol);
    this.#sync = new SyncConnection(transport, this.#protocol);
    return this.#sync;
  }

  /** @throws NetlinkError */
  run(exchange: Exchange): Promise<void> {
    return this.#ask(exchange);
  }

  /**
   * Carries a plan out.
   * @throws NetlinkError `EABORTED`, `EDEADLINE` when it was not done within the options' limits.
   */
  perform<T>(plan: Plan<T>, options?: CallOptions): Promise<T> {
    if (options !== undefined) return this.#performLimited(plan, options);
    if (isCommand(plan) && plan.exchange.netns === undefined) {
      return new Promise((resolve, reject) => {
        this.#conversation.ask(plan.exchange, (outcome) => {
          let value: T;
          try {
            value = plan.conclude(outcome === 'done' ? undefined : outcome);
          } catch (error) {
            reject(error);
            return;
          }
          resolve(value);
        });
      });
    }
    return carryOut(this, plan);
  }

  /** Carries out what was collected; resolves when everything has its result. */
  async batch(
    collect: (add: (plan: Plan<unknown>) => number) => void,
    options: CallOptions = {},
  ): Promise<BatchResult[]> {
    const batch = new BatchSteps(this.#conversation.groups);
    collect((plan) => batch.add(plan));
    const limit = new Limit(options, () => giveUp(batch.entries, limit));
    if (limit.isOver) giveUp(batch.entries, limit);
    const patience = { limit, entries: batch.entries };
    try {
      for (const step of batch.steps) {
        if (step.kind === 'groups') await this.#sendGroups(step);
        else batch.results[step.index] = await this.#result(step, patience);
      }
    } finally {
      limit.lift();
    }
    return batch.results;
  }

  /** A second socket in the same namespace, joined to multicast groups. */
  listen(groups: readonly number[]): Transport {
    return openNetlinkTransport(this.#netnsFd, this.#protocol, groups);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conversation.close();
    this.#sync?.close();
    if (this.#netnsFd >= 0) fs.closeSync(this.#netnsFd);
  }

  async #performLimited<T>(plan: Plan<T>, options: CallOptions): Promise<T> {
    const entries: Entry[] = [];
    const limit = new Limit(options, () => giveUp(entries, limit));
    const patience = { limit, entries };
    try {
      return await carryOut({ run: (exchange) => this.#ask(exchange, patience) }, plan);
    } finally {
      limit.lift();
    }
  }

  #ask(exchange: Exchange, patience?: Patience): Promise<void> {
    if (patience?.limit.isOver === true) {
      return Promise.reject(patience.limit.error(exchange, 'not-sent'));
    }
    if (exchange.netns !== undefined) return this.#askElsewhere(exchange, exchange.netns, patience);
    return new Promise((resolve, reject) => {
      const entry = this.#conversation.ask(exchange, (outcome) => {
        if (outcome === 'done') resolve();
        else reject(outcome);
      });
      patience?.entries.push(entry);
    });
  }

  async #askElsewhere(
    { netns: _here, ...there }: Exchange,
    netns: NetnsReference,
    patience?: Patience,
  ): Promise<void> {
    const connection = new Connection(netns, this.#protocol);
    try {
      await connection.#ask(there, patience);
    } finally {
      connection.close();
    }
  }

  async #result(step: PlanStep, patience: Patience): Promise<BatchResult> {
    const run = (exchange: Exchange): Promise<void> => this.#ask(exchange, patience);
    try {
      return { kind: 'done', value: await carryOut({ run }, step.plan) };
    } catch (error) {
      return { kind: 'failed', error: error as NetlinkError };
    }
  }

  #sendGroups(step: GroupsStep): Promise<void> {
    if (step.open === 0) return Promise.resolve();
    return new Promise((resolve) => {
      step.whenSettled = resolve;
      this.#conversation.send(step.groups);
    });
  }
}

/** Somebody's limit, and all that was asked for them: what is settled meanwhile has nobody who waits. */
interface Patience {
  readonly limit: Limit;
  readonly entries: Entry[];
}

function giveUp(entries: readonly Entry[], limit: Limit): void {
  for (const entry of entries) {
    entry.withdraw((outcome) => limit.error(entry.exchange, outcome));
  }
}

/** A second descriptor of the namespace, so that the caller may close theirs. */
function keep(fd: number): number {
  if (fd < 0) return fd;
  try {
    return fs.openSync(`/proc/self/fd/${String(fd)}`, 'r');
  } catch (cause) {
    const { errno } = cause as NodeJS.ErrnoException;
    const what = `opening the network namespace of descriptor ${String(fd)}`;
    throw errorFromErrno(what, Math.abs(errno ?? errnoByName.EBADF));
  }
}
