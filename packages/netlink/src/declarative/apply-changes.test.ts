import { describe, expect, it } from 'vitest';
import { errorFromErrno } from '../errors.ts';
import type { Address, NewAddress } from '../rtnetlink/address.ts';
import type { NewRoute, Route } from '../rtnetlink/route.ts';
import type { NewRule } from '../rtnetlink/rule.ts';
import { errnoByName } from '../schema/errno.ts';
import { applyChanges } from './apply-changes.ts';
import type { Changes } from './apply-changes.ts';
import type { ChangePlan, ChangeStep } from './desired.ts';

const { ENOBUFS, EEXIST, EINVAL } = errnoByName;

/** What stands, with the changes' verbs; of any change the answer can be lost, done or not. */
class Kernel implements Changes {
  readonly standing = new Map<string, object>();
  /** What becomes of the change that is made after so many. */
  fault: { after: number; isDone: boolean } | undefined;
  /** Listing routes fails after so many times. */
  listings = Number.POSITIVE_INFINITY;

  readonly rules = {
    add: (rule: NewRule) => this.#add(ruleKey(rule), rule),
    remove: (rule: NewRule) => this.#remove(ruleKey(rule)),
  };
  readonly routes = {
    add: (route: NewRoute) => this.#add(routeKey(route), route),
    replace: (route: NewRoute) =>
      this.#change(() => void this.standing.set(routeKey(route), route)),
    remove: (route: NewRoute) => this.#remove(routeKey(route)),
    list: async () => {
      if (this.listings-- <= 0) throw errorFromErrno('listing routes', ENOBUFS);
      return this.#all<Route>('route');
    },
  };
  readonly addresses = {
    add: (address: NewAddress) => this.#add(addressKey(address), address),
    /** Whosever it is; the routes that have it as their source go with it. */
    remove: async ({ address }: { readonly address: string }) => {
      const removed = await this.#remove(`address ${address}`);
      for (const route of this.#all<Route>('route')) {
        if (`${String(route.preferredSource)}/32` === address)
          this.standing.delete(routeKey(route));
      }
      return removed;
    },
    list: async () => this.#all<Address>('address'),
  };

  state(): readonly string[] {
    return [...this.standing].map((entry) => JSON.stringify(entry)).toSorted();
  }

  #all<T>(kind: string): T[] {
    return [...this.standing].flatMap(([key, thing]) => (key.startsWith(kind) ? (thing as T) : []));
  }

  #add(key: string, thing: object): Promise<void> {
    return this.#change(() => {
      if (this.standing.has(key)) throw errorFromErrno(`adding ${key}`, EEXIST);
      this.standing.set(key, thing);
    });
  }

  #remove(key: string): Promise<'removed' | 'absent'> {
    return this.#change(() => (this.standing.delete(key) ? 'removed' : 'absent'));
  }

  async #change<T>(make: () => T): Promise<T> {
    const { fault } = this;
    const isLost = fault !== undefined && fault.after-- === 0;
    if (!isLost || fault.isDone) {
      const made = make();
      if (!isLost) return made;
    }
    throw errorFromErrno('a change', ENOBUFS);
  }
}

const ruleKey = ({ priority, table }: NewRule): string =>
  `rule ${String(priority)} ${String(table)}`;
const routeKey = ({ destination, table }: NewRoute | Route): string =>
  `route ${destination} ${String(table)}`;
const addressKey = ({ address }: NewAddress): string => `address ${address}`;

const protocol = 188;
const rule: NewRule = { priority: 100, table: 200, protocol };
const route: NewRoute = { destination: '10.7.0.0/16', table: 200, protocol };
const address: NewAddress = { linkIndex: 3, address: '203.0.113.50/32', protocol };
const byAddress: NewRoute = {
  ...route,
  destination: '10.9.0.0/16',
  preferredSource: '203.0.113.50',
};

/** A kernel where all of these stand. */
function kernelWith(things: {
  rules?: NewRule[];
  routes?: NewRoute[];
  addresses?: NewAddress[];
}): Kernel {
  const kernel = new Kernel();
  for (const one of things.rules ?? []) kernel.standing.set(ruleKey(one), one);
  for (const one of things.addresses ?? []) kernel.standing.set(addressKey(one), one);
  for (const one of things.routes ?? []) kernel.standing.set(routeKey(one), one);
  return kernel;
}

function planOf(...steps: readonly ChangeStep[]): ChangePlan {
  return { steps: steps.map((step) => ({ step, command: `ip ${step.kind}` })), conflicts: [] };
}

const steps: readonly { step: ChangeStep; kernel: () => Kernel }[] = [
  { step: { kind: 'add-rule', rule }, kernel: () => new Kernel() },
  { step: { kind: 'remove-rule', rule }, kernel: () => kernelWith({ rules: [rule] }) },
  { step: { kind: 'add-route', route }, kernel: () => new Kernel() },
  {
    step: { kind: 'replace-route', route: { ...route, mtu: 1400 }, before: route },
    kernel: () => kernelWith({ routes: [route] }),
  },
  { step: { kind: 'remove-route', route }, kernel: () => kernelWith({ routes: [route] }) },
  { step: { kind: 'add-address', address }, kernel: () => new Kernel() },
  {
    step: { kind: 'remove-address', address },
    kernel: () => kernelWith({ addresses: [address], routes: [byAddress, route] }),
  },
];

describe('a step of which it is not known whether it was done', () => {
  it.each(steps.flatMap((one) => [true, false].map((isDone) => ({ ...one, isDone }))))(
    'is undone: $step.kind, done: $isDone',
    async ({ step, kernel: make, isDone }) => {
      const kernel = make();
      const before = kernel.state();
      kernel.fault = { after: 0, isDone };
      await expect(applyChanges(kernel, planOf(step))).rejects.toMatchObject({ code: 'ENOBUFS' });
      expect(kernel.state()).toEqual(before);
    },
  );

  it('leaves the address of somebody else', async () => {
    const theirs = { ...address, protocol: 3 };
    const kernel = kernelWith({ addresses: [theirs] });
    kernel.fault = { after: 0, isDone: false };
    const plan = planOf({ kind: 'add-address', address });
    await expect(applyChanges(kernel, plan)).rejects.toMatchObject({ code: 'ENOBUFS' });
    expect(kernel.state()).toEqual(kernelWith({ addresses: [theirs] }).state());
  });

  it('what was removed comes back although the routes cannot be listed any more', async () => {
    const kernel = kernelWith({ addresses: [address], routes: [byAddress, route] });
    const before = kernel.state();
    kernel.listings = 1;
    kernel.fault = { after: 1, isDone: false };
    const plan = planOf({ kind: 'remove-address', address }, { kind: 'add-rule', rule });
    await expect(applyChanges(kernel, plan)).rejects.toMatchObject({ code: 'ENOBUFS' });
    expect(kernel.state()).toEqual(before);
  });
});

describe('a signal', () => {
  it('ends it between two steps with EABORTED, and what was done is undone', async () => {
    const kernel = new Kernel();
    const controller = new AbortController();
    const reason = new Error('enough');
    const { add } = kernel.rules;
    kernel.rules.add = (one) => {
      controller.abort(reason);
      return add(one);
    };
    const plan = planOf({ kind: 'add-rule', rule }, { kind: 'add-route', route });
    await expect(applyChanges(kernel, plan, { signal: controller.signal })).rejects.toMatchObject({
      name: 'NetlinkError',
      code: 'EABORTED',
      outcome: 'not-sent',
      message: 'ip add-route: it was aborted before it was sent',
      cause: reason,
    });
    expect(kernel.state()).toEqual([]);
  });
});

it('a step that was refused is not undone', async () => {
  const kernel = new Kernel();
  kernel.routes.add = () => Promise.reject(errorFromErrno('adding it', EINVAL));
  kernel.standing.set(routeKey(route), route);
  const plan = planOf({ kind: 'add-route', route });
  await expect(applyChanges(kernel, plan)).rejects.toMatchObject({ code: 'EINVAL' });
  expect(kernel.standing.size).toBe(1);
});
