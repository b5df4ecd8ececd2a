import type { Ec2Change } from './change.ts';
import type {
  AddressRecord,
  CloudState,
  NetworkInterfaceRecord,
  RouteTableRecord,
} from './cloud-state.ts';
import type { TopologyKind } from './copy-topology.ts';

/** The kinds of resources that calls change and describes show, by where the state of a region has them. */
export const shownKinds = ['networkInterfaces', 'addresses', 'routeTables'] as const;

export type ShownKind = (typeof shownKinds)[number];

/** The resources that describes show, at one moment. */
export type ShownResources = Pick<CloudState, ShownKind>;

/** A resource as it was before a write; undefined: it was not there. */
export interface FormerRecord {
  readonly kind: ShownKind | TopologyKind;
  readonly id: string;
  readonly record: unknown;
}

/**
 * What describes show as it was after the latest write. Operations change the state in place; what is here is never
 * changed, and a resource that a write left alone is shared by what was before the write and after it.
 */
export class CloudCopy {
  #latest: ShownResources | undefined;

  /** As it was after the latest write: to be asked for before the next one. */
  latest(state: CloudState): ShownResources {
    this.#latest ??= Object.fromEntries(
      shownKinds.map((kind) => [kind, copyRecords(kind, state[kind] as Records)]),
    ) as unknown as ShownResources;
    return this.#latest;
  }

  /** The state was changed by hand, in whatever way. */
  forget(): void {
    this.#latest = undefined;
  }

  /** Copies what a write changed: what its changes name, and what came or went. Answers what that was before. */
  follow(before: ShownResources, state: CloudState): FormerRecord[] {
    const named = state.changes.map(idOf);
    const latest: Record<ShownKind, Map<string, unknown>> = { ...before };
    const formers = shownKinds.flatMap((kind) => {
      const [was, is] = [before[kind] as Records, state[kind] as Records];
      const ids = was.size === is.size ? named : [...was.keys(), ...is.keys()];
      return [...new Set(ids)].flatMap((id) => {
        const [record, present] = [was.get(id), is.get(id)];
        if (isSameRecord(record, present)) return [];
        if (latest[kind] === was) latest[kind] = new Map(was);
        if (present === undefined) latest[kind].delete(id);
        else latest[kind].set(id, copyOf(kind, present));
        return [{ kind, id, record }];
      });
    });
    this.#latest = latest as ShownResources;
    return formers;
  }
}

type Records = Map<string, unknown>;

const copiers = {
  networkInterfaces: (eni: NetworkInterfaceRecord): NetworkInterfaceRecord => ({
    ...eni,
    privateIps: [...eni.privateIps],
    ipv4Prefixes: [...eni.ipv4Prefixes],
    ipv6Addresses: [...eni.ipv6Addresses],
    ipv6Prefixes: [...eni.ipv6Prefixes],
    groupIds: [...eni.groupIds],
    tags: new Map(eni.tags),
  }),
  /** An association is replaced as a whole, and so is a route's target. */
  addresses: (address: AddressRecord): AddressRecord => ({
    ...address,
    tags: new Map(address.tags),
  }),
  routeTables: (table: RouteTableRecord): RouteTableRecord => ({
    ...table,
    routes: new Map(table.routes),
    subnetIds: new Set(table.subnetIds),
    tags: new Map(table.tags),
  }),
};

function copyOf(kind: ShownKind, record: unknown): unknown {
  return copiers[kind](record as never);
}

function copyRecords(kind: ShownKind, records: Records): Records {
  return new Map([...records].map(([id, record]) => [id, copyOf(kind, record)]));
}

function idOf(change: Ec2Change): string {
  if ('allocationId' in change) return change.allocationId;
  if ('routeTableId' in change) return change.routeTableId;
  return 'resourceId' in change ? change.resourceId : change.networkInterfaceId;
}

/** True for records that say the same. */
export function isSameRecord(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, value]) => isSameRecord(value, b.get(key)));
  }
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size && [...a].every((item) => b.has(item));
  }
  const keys = Object.keys(a);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => isSameRecord(left[key], right[key]))
  );
}
