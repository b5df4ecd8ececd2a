import type { WriterLease } from '@truetuple/core';
import type { SimulatedProcess } from '../simulated-process.ts';
import { whenAborted } from '../when-aborted.ts';
import type { World } from '../world.ts';
import { unansweredMs } from './claims-port.ts';

/** How long a lease is good for after it was renewed, in milliseconds. */
const durationMs = 25_000;
/**
 * So much earlier its holder stops writing than another may begin: longer than a call of EC2 can be under way, as
 * `WriterLease` demands.
 */
const marginMs = 16_000;
const renewEveryMs = 3000;

/** Who is the one writer, as the cluster keeps it. */
export class LeaseServer {
  #holder: string | undefined;
  #expiresMs = -Infinity;

  /** Who has it at that time; undefined: nobody. */
  holderAt(nowMs: number): string | undefined {
    return nowMs < this.#expiresMs ? this.#holder : undefined;
  }

  /** True when that one has it now. */
  renew(holder: string, nowMs: number): boolean {
    const now = this.holderAt(nowMs);
    if (now !== undefined && now !== holder) return false;
    this.#holder = holder;
    this.#expiresMs = nowMs + durationMs;
    return true;
  }
}

/** The lease as one process of a controller believes to have it. */
export class SimulatedLease implements WriterLease {
  readonly #world: World;
  readonly #process: SimulatedProcess;
  readonly #server: LeaseServer;
  #heldUntilMs = -Infinity;
  #sinceMs = Infinity;
  readonly #waiting = new Set<() => void>();

  constructor(world: World, process: SimulatedProcess, server: LeaseServer) {
    this.#world = world;
    this.#process = process;
    this.#server = server;
  }

  isHeld(): boolean {
    return this.#process.isAlive && this.#world.nowMs < this.#heldUntilMs;
  }

  whenHeld(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      if (this.isHeld()) {
        resolve();
        return;
      }
      const settled = whenAborted(signal, () => {
        this.#waiting.delete(held);
        if (this.#process.isAlive) reject(signal.reason as Error);
      });
      const held = (): void => {
        settled();
        resolve();
      };
      this.#waiting.add(held);
    });
  }

  /** Since when it has had it without a gap; Infinity: it has it not. */
  get sinceMs(): number {
    return this.isHeld() ? this.#sinceMs : Infinity;
  }

  /** As if the cluster had said that it has it no longer. */
  lose(): void {
    this.#heldUntilMs = -Infinity;
  }

  /** Asks for it again and again, until its process is dead. */
  keep(): void {
    if (!this.#process.isAlive) return;
    this.#world.scheduler.after(renewEveryMs * this.#world.random.between(0.8, 1.2), () =>
      this.keep(),
    );
    this.#renew();
  }

  #renew(): void {
    const { nowMs, random, scheduler } = this.#world;
    const process = this.#process;
    const fault = this.#world.strike(process, 'renewLease');
    if (!process.isAlive) return;
    if (fault === 'error' || this.#world.isCutOffStore(process.host)) return;
    const waits = fault === 'delay' ? random.between(1000, 15_000) : 0;
    scheduler.after(random.between(1, 30) + waits, () => {
      const isRenewed = this.#server.renew(process.name, this.#world.nowMs);
      if (fault === 'crash after') process.kill();
      const answersMs = fault === 'lost response' ? unansweredMs : random.between(1, 30);
      scheduler.after(answersMs, () => {
        if (!process.isAlive || fault === 'lost response') return;
        this.#learn(isRenewed && fault !== 'lease loss', nowMs);
      });
    });
  }

  /** What counts is when it was asked for. */
  #learn(isRenewed: boolean, askedMs: number): void {
    const wasHeld = this.isHeld();
    if (isRenewed) {
      this.#heldUntilMs = Math.max(this.#heldUntilMs, askedMs + durationMs - marginMs);
      if (wasHeld || !this.isHeld()) return;
      this.#sinceMs = this.#world.nowMs;
      this.#world.note(this.#process.name, 'has the lease');
      for (const held of this.#waiting) held();
      this.#waiting.clear();
    } else {
      this.lose();
      if (wasHeld) this.#world.note(this.#process.name, 'has lost the lease');
    }
  }
}
