import type { Clock } from '../identity/clock.ts';
import { addressesPerCall, asksForEach } from './assign-refusal.ts';
import type { AssignPrivateIpAddresses, CallOptions, Ec2Api } from './ec2-api.ts';

export interface BatchAssignsParts {
  readonly ec2: Ec2Api;
  readonly clock: Pick<Clock, 'wait'>;
}

export interface BatchAssignsOptions {
  /** How long the first of a batch waits for others, in milliseconds; 0: only for those of this turn. */
  readonly windowMs: number;
}

type Answer = Awaited<ReturnType<Ec2Api['assignPrivateIpAddresses']>>;

interface Request {
  readonly privateIpAddresses: readonly string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * An Ec2Api in which AssignPrivateIpAddresses for one network interface within a window are one call, and
 * each caller is answered as if it had called alone. EC2 does all or nothing: when it refuses the whole for
 * what only one of the addresses may be to blame for, each request is made alone, in the order they came.
 * While a call is under way the interface's next requests gather. An abort takes a request out of a batch
 * that was not sent yet; afterwards it ends the caller's wait, not the call.
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
    ...bound(parts.ec2),
    assignPrivateIpAddresses: (input, call) =>
      // in a batch EC2 would not see that this one asks for nothing
      input.privateIpAddresses.length === 0
        ? parts.ec2.assignPrivateIpAddresses(input, call)
        : batchFor(input.networkInterfaceId).add(input, call),
  };
}

/** The methods of an Ec2Api as properties: those of a class are not its own. */
function bound(ec2: Ec2Api): Omit<Ec2Api, 'assignPrivateIpAddresses'> {
  return {
    describeNetworkInterfaces: (input, call) => ec2.describeNetworkInterfaces(input, call),
    describeAddresses: (input, call) => ec2.describeAddresses(input, call),
    describeRouteTables: (input, call) => ec2.describeRouteTables(input, call),
    unassignPrivateIpAddresses: (input, call) => ec2.unassignPrivateIpAddresses(input, call),
    associateAddress: (input, call) => ec2.associateAddress(input, call),
    disassociateAddress: (input, call) => ec2.disassociateAddress(input, call),
    createTags: (input, call) => ec2.createTags(input, call),
    deleteTags: (input, call) => ec2.deleteTags(input, call),
    createRoute: (input, call) => ec2.createRoute(input, call),
    replaceRoute: (input, call) => ec2.replaceRoute(input, call),
    deleteRoute: (input, call) => ec2.deleteRoute(input, call),
    setSourceDestCheck: (input, call) => ec2.setSourceDestCheck(input, call),
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
        const isUnsent = this.#waiting.delete(request);
        if (isUnsent || call?.signal !== undefined) reject(signal?.reason as Error);
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

  async #sendTogether(batch: readonly Request[]): Promise<void> {
    const all = [...new Set(batch.flatMap(({ privateIpAddresses }) => privateIpAddresses))];
    try {
      const { assignedPrivateIpAddresses } = await this.#assign(all);
      const left = new Set(assignedPrivateIpAddresses);
      for (const { privateIpAddresses, resolve } of batch) {
        // of two that asked for the same address, the first one put it there
        const own = [...new Set(privateIpAddresses)].filter((address) => left.delete(address));
        resolve({ assignedPrivateIpAddresses: own });
      }
    } catch (error) {
      if (batch.length > 1 && asksForEach(error)) {
        await this.#sendEach(batch);
        return;
      }
      for (const { reject } of batch) reject(error);
    }
  }

  async #sendEach(batch: readonly Request[]): Promise<void> {
    for (const { privateIpAddresses, resolve, reject } of batch) {
      try {
        resolve(await this.#assign(privateIpAddresses));
      } catch (error) {
        reject(error);
      }
    }
  }

  #assign(privateIpAddresses: readonly string[]): Promise<Answer> {
    const networkInterfaceId = this.#networkInterfaceId;
    const allowReassignment = false;
    return this.#parts.ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses,
      allowReassignment,
    });
  }
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
