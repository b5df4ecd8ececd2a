import type { Clock } from '../../identity/clock.ts';
import { aroundEc2 } from './around-ec2.ts';
import { addressesPerCall, asksForEach } from './assign-refusal.ts';
import type { AssignPrivateIpAddresses, CallOptions, Ec2Api } from './ec2-api.ts';

/** What `batchAssigns` stands on. */
export interface BatchAssignsParts {
  readonly ec2: Ec2Api;
  readonly clock: Pick<Clock, 'wait'>;
}

/** How long requests are gathered. */
export interface BatchAssignsOptions {
  /** How long the first of a batch waits for others, in milliseconds; 0: only for those of this turn. */
  readonly windowMs: number;
}

type Answer = Awaited<ReturnType<Ec2Api['assignPrivateIpAddresses']>>;

interface Request {
  readonly privateIpAddresses: readonly string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
  /** Aborted once its caller has left. */
  readonly signal: AbortSignal | undefined;
}

/** Ends the wait of a call that was not sent; whoever is left in its batch asks again. */
class NotSent extends Error {}

/**
 * An Ec2Api in which AssignPrivateIpAddresses for one network interface within a window are one call, and
 * each caller is answered as if it had called alone. EC2 does all or nothing: when it refuses the whole for
 * what only one of the addresses may be to blame for, each request is made alone, in the order they came.
 * While a call is under way the interface's next requests gather. An abort takes a request out of a batch
 * that was not sent yet, also while that waits for its turn beneath: the others go to the end of that queue.
 * Afterwards an aborted `signal` ends the caller's wait, not the call. Rejects with an Ec2CallError, or the signal's reason.
 * (AssignPrivateIpAddresses: "one or more secondary private IP addresses".)
 */
export function batchAssigns(parts: BatchAssignsParts, options: BatchAssignsOptions): Ec2Api {
  const batches = new Map<string, InterfaceBatch>();
  const batchFor = (networkInterfaceId: string): InterfaceBatch => {
    const known = batches.get(networkInterfaceId);
    if (known !== undefined) return known;
    const batch = new InterfaceBatch(parts, networkInterfaceId, options.windowMs, () =>
      batches.delete(networkInterfaceId),
    );
    batches.set(networkInterfaceId, batch);
    return batch;
  };
  return {
    ...aroundEc2(parts.ec2, (_action, call, make) => make(call)),
    assignPrivateIpAddresses: (input, call) =>
      // in a batch EC2 would not see that this one asks for nothing
      input.privateIpAddresses.length === 0
        ? parts.ec2.assignPrivateIpAddresses(input, call)
        : batchFor(input.networkInterfaceId).add(input, call),
  };
}

/** The requests for one network interface; exists while there are any. */
class InterfaceBatch {
  readonly #parts: BatchAssignsParts;
  readonly #networkInterfaceId: string;
  readonly #windowMs: number;
  readonly #ended: () => void;
  readonly #waiting: Set<Request> = new Set();
  #isSending = false;
  /** Of the call that is under way. */
  #untilSent: AbortController = new AbortController();

  constructor(
    parts: BatchAssignsParts,
    networkInterfaceId: string,
    windowMs: number,
    ended: () => void,
  ) {
    this.#parts = parts;
    this.#networkInterfaceId = networkInterfaceId;
    this.#windowMs = windowMs;
    this.#ended = ended;
  }

  add(input: AssignPrivateIpAddresses, call: CallOptions | undefined): Promise<Answer> {
    const signal = call?.signal ?? call?.untilSent;
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const leave = (): void => {
        const isWaiting = this.#waiting.delete(request);
        if (isWaiting || call?.signal !== undefined) reject(signal?.reason as Error);
        if (!isWaiting) this.#untilSent.abort(new NotSent());
      };
      const settled = (): void => signal?.removeEventListener('abort', leave);
      const request: Request = {
        privateIpAddresses: [...input.privateIpAddresses],
        resolve: (answer) => {
          settled();
          resolve(answer);
        },
        reject: (reason) => {
          settled();
          reject(reason);
        },
        signal,
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.add(request);
      void this.#send();
    });
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#waiting.size > 0) {
      // a wait that fails is a wait that is over: the requests go out all the same
      await this.#parts.clock.wait(this.#windowMs).catch(() => {});
      const batch = takeBatch(this.#waiting);
      if (batch.length === 0) continue;
      await this.#sendTogether(batch);
    }
    this.#isSending = false;
    this.#ended();
  }

  async #sendTogether(requests: readonly Request[]): Promise<void> {
    const batch = whoStays(requests);
    if (batch.length === 0) return;
    const untilSent = new AbortController();
    this.#untilSent = untilSent;
    const all = [...new Set(batch.flatMap(({ privateIpAddresses }) => privateIpAddresses))];
    try {
      const { assignedPrivateIpAddresses } = await this.#assign(all, untilSent.signal);
      const left = new Set(assignedPrivateIpAddresses);
      for (const { privateIpAddresses, resolve } of batch) {
        // of two that asked for the same address, the first one put it there
        const own = [...new Set(privateIpAddresses)].filter((address) => left.delete(address));
        resolve({ assignedPrivateIpAddresses: own });
      }
    } catch (error) {
      if (error instanceof NotSent) return this.#sendTogether(batch);
      if (batch.length > 1 && asksForEach(error)) {
        for (const request of batch) await this.#sendTogether([request]);
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }

  #assign(privateIpAddresses: readonly string[], untilSent: AbortSignal): Promise<Answer> {
    const networkInterfaceId = this.#networkInterfaceId;
    const allowReassignment = false;
    return this.#parts.ec2.assignPrivateIpAddresses(
      { networkInterfaceId, privateIpAddresses, allowReassignment },
      { untilSent },
    );
  }
}

/** Those whose callers still wait; for the others nothing was sent. */
function whoStays(requests: readonly Request[]): readonly Request[] {
  for (const { signal, reject } of requests) if (signal?.aborted === true) reject(signal.reason);
  return requests.filter(({ signal }) => signal?.aborted !== true);
}

/** The first requests, as many as one call takes; at least one. */
function takeBatch(waiting: Set<Request>): readonly Request[] {
  const batch: Request[] = [];
  let addresses = 0;
  for (const request of waiting) {
    addresses += request.privateIpAddresses.length;
    if (batch.length > 0 && addresses > addressesPerCall) break;
    waiting.delete(request);
    batch.push(request);
  }
  return batch;
}
