import type { CallOptions, Ec2Api, Filter } from '../../cloud/ec2-api.ts';
import type { Ec2PacketFilters } from '../../cloud/ec2-packet-filters.ts';
import { ec2CallErrorFrom } from './ec2-call-error-from.ts';
import type { CallEc2 } from './ec2-connection.ts';
import { listOf, type Parameters } from './query-protocol.ts';
import { readElasticIp, readNetworkInterface, readRouteTable, required } from './read-answers.ts';
import { readNetworkAcl, readSecurityGroup } from './read-packet-filters.ts';
import { itemsOf, textOf, type XmlElement } from './xml.ts';

function filtersOf(filters: readonly Filter[] | undefined): Parameters {
  const each = (filters ?? []).map(({ name, values }, index) => {
    const at = `Filter.${index + 1}`;
    return { [`${at}.Name`]: name, ...listOf(`${at}.Value`, values) };
  });
  return Object.assign({}, ...each) as Parameters;
}

/** What a read wants, and how its answer is read. */
interface Reading<Item> {
  readonly action: string;
  readonly parameters: Parameters;
  /** The list of its items. */
  readonly list: string;
  readonly read: (element: XmlElement) => Item;
}

/** Follows nextToken to the last page. */
async function allPages<Item>(
  call: CallEc2,
  { action, parameters, list, read }: Reading<Item>,
  options: CallOptions | undefined,
): Promise<Item[]> {
  const all: Item[] = [];
  let token: string | undefined;
  do {
    if (token !== undefined) await options?.beforePage?.();
    const page = await call(action, { ...parameters, NextToken: token }, options?.signal);
    all.push(...understood(action, () => itemsOf(page, list).map(read)));
    token = textOf(page, 'nextToken');
  } while (token !== undefined);
  return all;
}

/** An answer that lacks what EC2 always gives is as good as none: what the call did is not known. */
export function understood<Value>(action: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw ec2CallErrorFrom(error, action);
  }
}

/** EC2 refuses MaxResults together with ids. */
function idsOrPages(
  name: string,
  ids: readonly string[] | undefined,
  pageSize: number,
): Parameters {
  return ids === undefined ? { MaxResults: String(pageSize) } : listOf(name, ids);
}

/** EC2's describes. */
export function reads(
  call: CallEc2,
): Ec2PacketFilters &
  Pick<Ec2Api, 'describeNetworkInterfaces' | 'describeAddresses' | 'describeRouteTables'> {
  return {
    describeNetworkInterfaces: ({ networkInterfaceIds: ids, filters }, options) => {
      const asked = idsOrPages('NetworkInterfaceId', ids, 1000);
      const parameters = { ...asked, ...filtersOf(filters) };
      const found = { list: 'networkInterfaceSet', read: readNetworkInterface };
      return allPages(call, { action: 'DescribeNetworkInterfaces', parameters, ...found }, options);
    },
    describeAddresses: ({ allocationIds: ids, filters }, options) => {
      const parameters = { ...listOf('AllocationId', ids), ...filtersOf(filters) };
      const found = { list: 'addressesSet', read: readElasticIp };
      return allPages(call, { action: 'DescribeAddresses', parameters, ...found }, options);
    },
    describeRouteTables: ({ routeTableIds: ids, filters }, options) => {
      const parameters = { ...idsOrPages('RouteTableId', ids, 100), ...filtersOf(filters) };
      const found = { list: 'routeTableSet', read: readRouteTable };
      return allPages(call, { action: 'DescribeRouteTables', parameters, ...found }, options);
    },
    describeSecurityGroups: ({ groupIds: ids, filters }, options) => {
      const parameters = { ...idsOrPages('GroupId', ids, 1000), ...filtersOf(filters) };
      const found = { list: 'securityGroupInfo', read: readSecurityGroup };
      return allPages(call, { action: 'DescribeSecurityGroups', parameters, ...found }, options);
    },
    describeNetworkAcls: ({ networkAclIds: ids, filters }, options) => {
      const parameters = { ...idsOrPages('NetworkAclId', ids, 1000), ...filtersOf(filters) };
      const found = { list: 'networkAclSet', read: readNetworkAcl };
      return allPages(call, { action: 'DescribeNetworkAcls', parameters, ...found }, options);
    },
    getManagedPrefixListEntries: ({ prefixListId }, options) => {
      const action = 'GetManagedPrefixListEntries';
      const parameters = { PrefixListId: prefixListId, MaxResults: '100' };
      return allPages(call, { action, parameters, list: 'entrySet', read: cidrOf }, options);
    },
  };
}

function cidrOf(entry: XmlElement): string {
  return required(entry, 'cidr');
}
