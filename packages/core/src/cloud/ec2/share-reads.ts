import { aroundEc2, isRead } from './around-ec2.ts';
import type { CallOptions, Ec2Api } from './ec2-api.ts';

/** A read that is under way, and how many wait for it. */
interface SharedRead {
  readonly answer: Promise<readonly unknown[]>;
  readonly stop: AbortController;
  readers: number;
  /** True once a second one has come. */
  isShared: boolean;
}

/** Why a describe is ended; nobody sees it. One for all: the default is made with a stack for each. */
const unread: Error = new Error('nobody waits for this describe any more');

/**
 * An Ec2Api in which equal describes that are under way at the same time are one call. A describe that
 * starts after a write of this Ec2Api was answered, or refused, never joins one from before: it sees at
 * least what it would have seen alone. A reader's abort ends its own wait; the last one's ends the call.
 */
export function shareReads(ec2: Ec2Api): Ec2Api {
  const underWay = new Map<string, SharedRead>();
  const read = readerOf(underWay);
  return {
    ...forgetting(ec2, () => underWay.clear()),
    describeNetworkInterfaces: (input, options) =>
      read(keyOf('DescribeNetworkInterfaces', input), options, (call) =>
        ec2.describeNetworkInterfaces(input, call),
      ),
    describeAddresses: (input, options) =>
      read(keyOf('DescribeAddresses', input), options, (call) =>
        ec2.describeAddresses(input, call),
      ),
    describeRouteTables: (input, options) =>
      read(keyOf('DescribeRouteTables', input), options, (call) =>
        ec2.describeRouteTables(input, call),
      ),
    describeSecurityGroups: (input, options) =>
      read(keyOf('DescribeSecurityGroups', input), options, (call) =>
        ec2.describeSecurityGroups(input, call),
      ),
    describeNetworkAcls: (input, options) =>
      read(keyOf('DescribeNetworkAcls', input), options, (call) =>
        ec2.describeNetworkAcls(input, call),
      ),
    getManagedPrefixListEntries: (input, options) =>
      read(keyOf('GetManagedPrefixListEntries', input), options, (call) =>
        ec2.getManagedPrefixListEntries(input, call),
      ),
  };
}

type Read = <Item>(
  key: string,
  options: CallOptions | undefined,
  make: (call: CallOptions) => Promise<Item[]>,
) => Promise<Item[]>;

function readerOf(underWay: Map<string, SharedRead>): Read {
  return async <Item>(
    key: string,
    options: CallOptions | undefined,
    make: (call: CallOptions) => Promise<Item[]>,
  ): Promise<Item[]> => {
    options?.signal?.throwIfAborted();
    const known = underWay.get(key);
    const shared = known ?? begin(underWay, key, make);
    if (known !== undefined) shared.isShared = true;
    shared.readers += 1;
    try {
      const answer = await orAborted(shared.answer, options?.signal);
      // what one reader does to it is no matter of the others: each gets a copy, but one that is alone and stays so
      if (shared.isShared) return structuredClone(answer) as Item[];
      forget(underWay, key, shared);
      return answer as Item[];
    } finally {
      shared.readers -= 1;
      if (shared.readers === 0) {
        forget(underWay, key, shared);
        // else it has ended by itself
        if (options?.signal?.aborted === true) shared.stop.abort(unread);
      }
    }
  };
}

function begin(
  underWay: Map<string, SharedRead>,
  key: string,
  make: (call: CallOptions) => Promise<readonly unknown[]>,
): SharedRead {
  const stop = new AbortController();
  const answer = make({ signal: stop.signal });
  const shared: SharedRead = { answer, stop, readers: 0, isShared: false };
  underWay.set(key, shared);
  void forgetWhenSettled(underWay, key, shared);
  return shared;
}

async function forgetWhenSettled(
  underWay: Map<string, SharedRead>,
  key: string,
  shared: SharedRead,
): Promise<void> {
  await Promise.allSettled([shared.answer]);
  forget(underWay, key, shared);
}

function forget(underWay: Map<string, SharedRead>, key: string, shared: SharedRead): void {
  if (underWay.get(key) === shared) underWay.delete(key);
}

/** The promise's outcome, or the signal's reason as soon as it aborts. */
export function orAborted<Value>(
  promise: Promise<Value>,
  signal: AbortSignal | undefined,
): Promise<Value> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** Equal questions have equal keys: the order of ids, of filters and of a filter's values says nothing. */
function keyOf(action: string, input: object): string {
  const sorted = Object.entries(input).map(([name, value]) => [name, canonical(value)]);
  return JSON.stringify([action, sorted.toSorted(byText)]);
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical).toSorted(byText);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .map(([name, inner]) => [name, canonical(inner)])
    .toSorted(byText);
}

function byText(left: unknown, right: unknown): number {
  const [a, b] = [JSON.stringify(left) ?? '', JSON.stringify(right) ?? ''];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Tells of every write when it is settled: a refusal tells of the state too. */
function forgetting(ec2: Ec2Api, settled: () => void): Ec2Api {
  return aroundEc2(ec2, (action, call, make) =>
    isRead(action) ? make(call) : make(call).finally(settled),
  );
}
