import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { GatewayError } from '../../errors.ts';
import type { BudgetVerdict, MediaEvent } from '../../media/media-relay.ts';
import type {
  WorkerCall,
  WorkerMessage,
  WorkerRequest,
  WorkerResults,
  WorkerSettings,
} from './worker-message.ts';

interface Waiting {
  readonly resolve: (result: never) => void;
  readonly reject: (error: GatewayError) => void;
}

/**
 * Packets wait while garbage is collected, and what has to be copied and freed grows with the space that fills up in between. By Node's
 * default that is 16 MB, which 10,000 packets a second fill in 1.3 seconds.
 */
const maxYoungGenerationSizeMb = 3;

/**
 * How long a release may wait for a request that it can go with. To wake a thread costs more than what it is told (50 us of CPU on
 * the machine of the benches), and nobody waits for the end of a call.
 */
const releaseWaitMs = 20;

/**
 * The main thread's end of the relay's worker: numbered requests, their replies, and events. Requests arrive in the order of `ask`;
 * releases go along with the next one.
 */
export class RelayThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Set<(event: MediaEvent) => void>();
  #onBudget: ((verdict: BudgetVerdict) => void) | undefined;
  readonly #gone: Promise<unknown>;
  /** Not posted yet: releases only. */
  #unposted: WorkerCall[] = [];
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;
  #ended: string | undefined;

  /** @throws GatewayError MediaRelayUnreachable */
  static async start(workerFile: URL, settings: WorkerSettings): Promise<RelayThread> {
    const thread = new RelayThread(startWorker(workerFile, settings));
    await thread.ask({ kind: 'statistics', callId: '' });
    return thread;
  }

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#gone = once(worker, 'exit').catch(() => undefined);
    worker.on('message', (message: WorkerMessage) => this.#receive(message));
    worker.on('error', (error) =>
      this.#end(error instanceof Error ? error.message : String(error)),
    );
    worker.on('exit', (code) => this.#end(`its thread ended with ${code}`));
  }

  ask<K extends WorkerRequest['kind']>(
    request: WorkerRequest & { readonly kind: K },
  ): Promise<WorkerResults[K]> {
    if (this.#ended !== undefined) return Promise.reject(goneRelay(this.#ended));
    this.#asked += 1;
    const call: WorkerCall = { id: this.#asked, request };
    return new Promise((resolve, reject) => {
      this.#waiting.set(call.id, { resolve, reject });
      this.#unposted.push(call);
      if (request.kind === 'release') this.#timer ??= setTimeout(() => this.#post(), releaseWaitMs);
      else this.#post();
    });
  }

  listen(listener: (event: MediaEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What it says of its share of a core goes here. */
  watch(onBudget: (verdict: BudgetVerdict) => void): void {
    this.#onBudget = onBudget;
  }

  /** Tells everybody who listens. */
  emit(event: MediaEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    if (this.#ended === undefined) await this.ask({ kind: 'close' });
    await this.#gone;
  }

  #post(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const calls: readonly WorkerCall[] = this.#unposted;
    this.#unposted = [];
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(calls);
  }

  #receive(message: WorkerMessage): void {
    if (message.kind === 'event') return this.emit(message.event);
    if (message.kind === 'budget') return this.#onBudget?.(message.verdict);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (message.kind === 'done') waiting?.resolve(message.result as never);
    else waiting?.reject(new GatewayError(message.error));
  }

  #end(because: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = because;
    clearTimeout(this.#timer);
    for (const { reject } of this.#waiting.values()) reject(goneRelay(because));
    this.#waiting.clear();
    this.emit({ kind: 'relay-failed', because });
  }
}

function startWorker(file: URL, settings: WorkerSettings): Worker {
  try {
    return new Worker(file, {
      workerData: settings,
      name: 'media relay',
      resourceLimits: { maxYoungGenerationSizeMb },
    });
  } catch (cause) {
    throw new GatewayError({
      code: 'MediaRelayUnreachable',
      message: `The thread of the media relay could not be started: ${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Let the process have more threads: pids.max of its cgroup, ulimit -u.',
      retry: 'later',
      cause,
    });
  }
}

function goneRelay(because: string): GatewayError {
  return new GatewayError({
    code: 'MediaRelayUnreachable',
    message: `The media relay was asked, but it is gone: ${because}.`,
    remedy: 'Open a new relay; the calls of the old one have no media.',
    retry: 'later',
  });
}
