import { setTimeout } from 'node:timers/promises';
import type { LoadInput, LoadReport } from './load-child.ts';
import { Child } from './child.ts';
import type { ServerInput } from './server-child.ts';
import { places } from './settings.ts';
import type { ServerAccount, ServerName } from './sip-server.ts';

/** A call that ended well is forgotten after 64*T1; one that did not, whose 2xx and whose BYE were in vain, after twice that. */
const settleMs = 80_000;

interface ServerOptions {
  /** Whether what loads it polls: {@link LoadInput.isPolling}. */
  readonly isPolled?: boolean;
  /** Of the thread of the gateway's relay. */
  readonly realtimePriority?: number;
}

/** A server in a process of its own, and loads on it from another one. */
export class RunningServer implements AsyncDisposable {
  readonly name: ServerName;
  readonly #server: Child;
  readonly #isPolled: boolean;

  private constructor(name: ServerName, server: Child, isPolled: boolean) {
    this.name = name;
    this.#server = server;
    this.#isPolled = isPolled;
  }

  static async start(
    name: ServerName,
    { isPolled = false, realtimePriority }: ServerOptions = {},
  ): Promise<RunningServer> {
    const { server: local, callee, caller, gateway, mediaCallee } = places;
    const mediaHosts = [callee.address, caller.address];
    const isGateway = name === 'gateway';
    const input: ServerInput = {
      name,
      local: isGateway ? gateway : { address: local.address, port: portOf[name] },
      callee,
      mediaCallee,
      realtimePriority,
      mediaHosts,
    };
    const child = new Child(new URL('./server-child.ts', import.meta.url), [JSON.stringify(input)]);
    await child.next();
    return new RunningServer(name, child, isPolled);
  }

  account(): Promise<ServerAccount> {
    return this.#server.ask<ServerAccount>({});
  }

  /** Calls at this rate; resolves when the last one has ended. */
  async load(rate: number, seconds: number): Promise<LoadReport> {
    await using generator = new Child(new URL('./load-child.ts', import.meta.url));
    const isThrough = this.name === 'b2bua' || this.name === 'gateway';
    const target =
      this.name === 'gateway'
        ? places.gateway
        : { address: places.server.address, port: portOf[this.name] };
    const input: LoadInput = {
      plan: { target, rate, seconds },
      from: places.caller,
      callee: isThrough ? places.callee : undefined,
      isPolling: this.#isPolled,
    };
    return await generator.ask<LoadReport>(input);
  }

  /**
   * Resolves once no transaction is left of the calls that were: what they cost is known then. What still is there after
   * the longest time that a failed call takes is left out.
   */
  async settled(): Promise<ServerAccount> {
    const until = performance.now() + settleMs;
    for (;;) {
      const account = await this.account();
      const isSettled = (account.counts?.transactions ?? 0) === 0;
      if (isSettled || performance.now() > until) return account;
      await setTimeout(500);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** Each its own: they stand side by side in the rounds. */
const portOf: Readonly<Record<ServerName, number>> = {
  uas: 5060,
  b2bua: 5061,
  bare: 5062,
  'npm-sip': 5063,
  gateway: 5060,
};
