import { poolTagKey } from '../../identity/owner.ts';
import { lateParts } from '../../late-parts.ts';
import type { ElasticIp, Filter, NetworkInterface, RouteTable, Tag } from '../ec2/ec2-api.ts';
import type { GrantSpec } from '../identity-grant.ts';
import { lookingOn, readCloud, readTogether, type CloudSession } from './cloud-session.ts';
import { inChunks } from './in-chunks.ts';
import type { CloudView } from './view.ts';

/** What is looked at. Filters, not ids: EC2 then answers with what there is. */
export interface CloudScope {
  readonly networkInterfaceIds: readonly string[];
  readonly addressFilters: readonly Filter[];
  readonly routeTableFilters: RouteTableFilters | 'none';
}

/** The first one may have any number of values. */
export type RouteTableFilters = readonly [Filter, ...Filter[]];

export type CloudPart = keyof CloudView;

interface Again {
  readonly earlier: CloudView;
  readonly parts: readonly CloudPart[];
}

/** Reads the scope as EC2 shows it now; parts that are not asked for are taken from an earlier look. */
export async function lookAtCloud(
  session: CloudSession,
  scope: CloudScope,
  again?: Again,
): Promise<CloudView> {
  return readTogether(session, () => readScope(session, scope, again));
}

async function readScope(
  session: CloudSession,
  scope: CloudScope,
  again: Again | undefined,
): Promise<CloudView> {
  const wants = (part: CloudPart): boolean => again === undefined || again.parts.includes(part);
  const [networkInterfaces, addresses, routeTables] = await Promise.all([
    wants('networkInterfaces')
      ? readNetworkInterfaces(session, scope.networkInterfaceIds)
      : again?.earlier.networkInterfaces,
    wants('addresses') ? readAddresses(session, scope.addressFilters) : again?.earlier.addresses,
    wants('routeTables')
      ? readRouteTables(session, scope.routeTableFilters)
      : again?.earlier.routeTables,
  ]);
  return {
    networkInterfaces: networkInterfaces ?? [],
    addresses: addresses ?? [],
    routeTables: routeTables ?? [],
  };
}

function readNetworkInterfaces(
  session: CloudSession,
  networkInterfaceIds: readonly string[],
): Promise<NetworkInterface[]> {
  return inChunks(networkInterfaceIds, (values) => {
    const filters = [{ name: 'network-interface-id', values }];
    return readCloud(session, `reading ${values.join(', ')}`, (call) =>
      session.ec2.describeNetworkInterfaces({ filters }, call),
    );
  });
}

async function readAddresses(
  session: CloudSession,
  filters: readonly Filter[],
): Promise<readonly ElasticIp[]> {
  // any of no values is nothing; over the wire a filter would lose its empty list
  if (filters.some(({ values }) => values.length === 0)) return [];
  return readCloud(session, `reading the Elastic IPs ${sayFilters(filters)}`, (call) =>
    session.ec2.describeAddresses({ filters }, call),
  );
}

async function readRouteTables(
  session: CloudSession,
  filters: RouteTableFilters | 'none',
): Promise<readonly RouteTable[]> {
  if (filters === 'none') return [];
  const [{ name, values }, ...others] = filters;
  return inChunks(values, (chunk) => {
    const asked = [{ name, values: chunk }, ...others];
    return readCloud(session, `reading the route tables ${sayFilters(asked)}`, (call) =>
      session.ec2.describeRouteTables({ filters: asked }, call),
    );
  });
}

function sayFilters(filters: readonly Filter[]): string {
  return filters.map(({ name, values }) => `${name}=${values.join(',')}`).join(' ');
}

/** Those that carry the tag: EC2 reads `*`, `?` and the backslash as a pattern, but behind a backslash. */
export function tagFilter({ key, value }: Tag): Filter {
  return { name: `tag:${key}`, values: [value.replaceAll(/[*?\\]/g, String.raw`\$&`)] };
}

export function poolFilters(pool: string): Filter[] {
  return [{ name: `tag:${poolTagKey}`, values: [pool] }];
}

/** Every Elastic IP of the pool. */
export function readPool(session: CloudSession, pool: string): Promise<readonly ElasticIp[]> {
  return readCloud(session, `reading pool ${pool}`, (call) =>
    session.ec2.describeAddresses({ filters: poolFilters(pool) }, call),
  );
}

export function routeTableIdFilters(routeTableIds: readonly string[]): RouteTableFilters | 'none' {
  if (routeTableIds.length === 0) return 'none';
  return [{ name: 'route-table-id', values: routeTableIds }];
}

/**
 * The route tables of a spec, looked for until all are shown, or for so long: what was made or tagged a moment ago may not be.
 * @throws CoreError RouteTablesNotFound naming those that are not in the ENI's VPC.
 */
export async function findRouteTables(
  session: CloudSession,
  spec: GrantSpec,
  vpcId: string,
  patienceMs = 0,
): Promise<readonly string[]> {
  const selector = spec.routeTables;
  if (selector.by === 'ids' && selector.routeTableIds.length === 0) return [];
  const selected =
    selector.by === 'ids'
      ? { name: 'route-table-id', values: selector.routeTableIds }
      : tagFilter(selector);
  const filters: RouteTableFilters = [selected, { name: 'vpc-id', values: [vpcId] }];
  const lookOn = lookingOn(session, 'looking for the route tables', patienceMs);
  let missing: readonly string[];
  do {
    const tables = await readRouteTables(session, filters);
    const found = tables.map(({ routeTableId }) => routeTableId).toSorted();
    missing =
      selector.by === 'ids' ? selector.routeTableIds.filter((id) => !found.includes(id)) : [];
    if (found.length > 0 && missing.length === 0) return found;
  } while (await lookOn());
  const what = missing.length > 0 ? `id ${missing.join(', ')}` : sayFilters([selected]);
  throw (await lateParts.undoAcquire()).routeTablesNotFound(spec, vpcId, what);
}
