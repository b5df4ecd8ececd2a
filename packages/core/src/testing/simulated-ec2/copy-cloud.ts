import type {
  AddressRecord,
  CloudState,
  NetworkInterfaceRecord,
  RouteTableRecord,
} from './cloud-state.ts';

/** A copy of the resources that describes show, which operations change in place. */
export function copyCloud(state: CloudState): CloudState {
  return {
    ...state,
    networkInterfaces: copyRecords(state.networkInterfaces, copyNetworkInterface),
    addresses: copyRecords(state.addresses, copyAddress),
    routeTables: copyRecords(state.routeTables, copyRouteTable),
  };
}

function copyRecords<Resource>(
  records: ReadonlyMap<string, Resource>,
  copy: (record: Resource) => Resource,
): Map<string, Resource> {
  const copies = new Map<string, Resource>();
  for (const [id, record] of records) copies.set(id, copy(record));
  return copies;
}

function copyNetworkInterface(eni: NetworkInterfaceRecord): NetworkInterfaceRecord {
  return {
    ...eni,
    privateIps: [...eni.privateIps],
    ipv4Prefixes: [...eni.ipv4Prefixes],
    ipv6Addresses: [...eni.ipv6Addresses],
    groupIds: [...eni.groupIds],
    tags: new Map(eni.tags),
  };
}

/** An association is replaced as a whole, and so is a route's target. */
function copyAddress(address: AddressRecord): AddressRecord {
  return { ...address, tags: new Map(address.tags) };
}

function copyRouteTable(table: RouteTableRecord): RouteTableRecord {
  return {
    ...table,
    routes: new Map(table.routes),
    subnetIds: new Set(table.subnetIds),
    tags: new Map(table.tags),
  };
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
