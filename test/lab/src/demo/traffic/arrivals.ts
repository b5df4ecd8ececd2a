import type { Socket } from 'node:dgram';
import { Tally, type FlowTally } from './tally.ts';

interface Waiter {
  readonly flow: string;
  readonly packets: number;
  readonly resolve: () => void;
}

/** Counts what arrives at sockets and lets a caller wait until enough of a flow has. */
export class Arrivals {
  readonly #tally = new Tally();
  readonly #waiters = new Set<Waiter>();

  listen(socket: Socket): void {
    socket.on('message', (bytes, { address, port }) => {
      const counted = this.#tally.count(bytes, { address, port });
      if (counted === undefined) return;
      for (const waiter of this.#waiters) {
        if (waiter.flow === counted.flow && counted.packets >= waiter.packets) waiter.resolve();
      }
    });
  }

  /** Resolves when `packets` distinct ones are in, or with what there is after `timeoutMs`. */
  async of(flow: string, packets: number, timeoutMs: number): Promise<FlowTally> {
    if (this.#tally.of(flow).packets >= packets) return this.#tally.of(flow);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { flow, packets, resolve };
    this.#waiters.add(waiter);
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#waiters.delete(waiter);
    return this.#tally.of(flow);
  }
}
