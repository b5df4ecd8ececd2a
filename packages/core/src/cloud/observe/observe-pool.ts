import { hostCidr, parseIpv4Address, type Cidr } from '../../identity/address.ts';
import type { ElasticIp, Filter, NetworkInterface, RouteTable } from '../ec2/ec2-api.ts';
import { anyIpv6TagKey } from '../ipv6/ipv6-record.ts';
import type { ObservedPool, OrphanSubject } from '../reap/plan-reap.ts';
import { readCloud, readTogether, type CloudSession } from './cloud-session.ts';
import { inChunks } from './in-chunks.ts';
import { poolFilters } from './observe-cloud.ts';
import { ownerRecordOf, routeTo } from './view.ts';

/** Reads a pool, or the part of it that one orphan depends on. */
export async function observePool(
  session: CloudSession,
  pool: string,
  only?: OrphanSubject,
): Promise<ObservedPool> {
  return readTogether(session, () => readPart(session, pool, only));
}

async function readPart(
  session: CloudSession,
  pool: string,
  only?: OrphanSubject,
): Promise<ObservedPool> {
  const inPool = poolFilters(pool);
  const allAddresses = await readCloud(session, `reading pool ${pool}`, (call) =>
    session.ec2.describeAddresses({ filters: [...inPool, ...narrowAddresses(only)] }, call),
  );
  const addresses =
    only?.kind === 'address'
      ? allAddresses.filter(({ allocationId }) => allocationId === only.allocationId)
      : allAddresses;
  const destinations = addresses.map(({ publicIp }) =>
    hostCidr(parseIpv4Address(publicIp, 'public IP')),
  );
  const routeTables =
    only !== undefined && only.kind !== 'address'
      ? []
      : await readRouteTables(session, destinations);
  const ids = [
    only?.networkInterfaceId,
    ...addresses.map((one) => one.networkInterfaceId),
    ...addresses.map(recordedOnFree),
    ...destinations.flatMap((to) => routeTables.map((one) => routeTo(one, to)?.networkInterfaceId)),
  ];
  const networkInterfaces = await readInterfaces(session, {
    inPool: only === undefined ? inPool : 'none',
    ids,
  });
  return { pool, allAddresses, addresses, networkInterfaces, routeTables };
}

/** For an address the whole pool is read: which of it the live pods are seen with. */
function narrowAddresses(only: OrphanSubject | undefined): readonly Filter[] {
  if (only === undefined || only.kind === 'address') return [];
  return [{ name: 'network-interface-id', values: [only.networkInterfaceId] }];
}

/** Where a record on a free address says that truetuple registered a private IP: its release was cut short. */
function recordedOnFree(address: ElasticIp): string | undefined {
  const record = address.associationId === undefined ? ownerRecordOf(address) : undefined;
  return record?.privateIpAssignedByUs ? record.networkInterfaceId : undefined;
}

/** Those of the pool, and those with one of the ids. */
async function readInterfaces(
  session: CloudSession,
  wanted: {
    readonly inPool: readonly Filter[] | 'none';
    readonly ids: readonly (string | undefined)[];
  },
): Promise<NetworkInterface[]> {
  const read = (filters: readonly Filter[]): Promise<NetworkInterface[]> =>
    readCloud(session, 'reading network interfaces', (call) =>
      session.ec2.describeNetworkInterfaces({ filters }, call),
    );
  const carriers = wanted.inPool === 'none' ? [] : await readCarriers(wanted.inPool, read);
  const known = new Set<string | undefined>(carriers.map((one) => one.networkInterfaceId));
  const ids = new Set(wanted.ids.flatMap((id) => (id === undefined || known.has(id) ? [] : [id])));
  const others = await inChunks([...ids], (values) =>
    read([{ name: 'network-interface-id', values }]),
  );
  return [...carriers, ...others];
}

/** Network interfaces with the pool's tag, and those with the record of an IPv6 address. */
async function readCarriers(
  inPool: readonly Filter[],
  read: (filters: readonly Filter[]) => Promise<NetworkInterface[]>,
): Promise<NetworkInterface[]> {
  const [tagged, recorded] = await Promise.all([
    read(inPool),
    read([{ name: 'tag-key', values: [anyIpv6TagKey] }]),
  ]);
  const all = [...tagged, ...recorded].map((eni) => [eni.networkInterfaceId, eni] as const);
  return [...new Map(all).values()];
}

async function readRouteTables(
  session: CloudSession,
  destinations: readonly Cidr[],
): Promise<RouteTable[]> {
  const tables = await inChunks(destinations, (values) =>
    readCloud(session, 'reading route tables', (call) =>
      session.ec2.describeRouteTables(
        { filters: [{ name: 'route.destination-cidr-block', values }] },
        call,
      ),
    ),
  );
  return [...new Map(tables.map((table) => [table.routeTableId, table])).values()];
}
