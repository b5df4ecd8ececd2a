import type { Ec2Snapshot } from '@truetuple/core/testing';
import { action, present, type Action } from './action.ts';
import { integer, list, optional, text } from './decode-parameters.ts';
import { select } from './describe-topology.ts';
import {
  networkAclFields,
  prefixListFields,
  securityGroupFields,
} from './encode-packet-filters.ts';
import { filterShown } from './filter-shown.ts';
import { filters, pageFor, pageParameters, refuseIdsWithMaxResults } from './parameters.ts';

export const describeSecurityGroups: Action = action(
  'DescribeSecurityGroups',
  { GroupId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    const { GroupId: groupIds, Filter } = input;
    refuseIdsWithMaxResults(groupIds, input);
    const found = await ec2.describeSecurityGroups(present({ groupIds, filters: Filter }));
    const page = pageFor(found, (group) => group.groupId, input);
    return { securityGroupInfo: page.items.map(securityGroupFields), nextToken: page.nextToken };
  },
);

export const describeNetworkAcls: Action = action(
  'DescribeNetworkAcls',
  { NetworkAclId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    const { NetworkAclId: networkAclIds, Filter } = input;
    refuseIdsWithMaxResults(networkAclIds, input);
    const found = await ec2.describeNetworkAcls(present({ networkAclIds, filters: Filter }));
    const page = pageFor(found, (acl) => acl.networkAclId, input);
    return { networkAclSet: page.items.map(networkAclFields), nextToken: page.nextToken };
  },
);

type PrefixList = Ec2Snapshot['prefixLists'][number];

const prefixListFilters = {
  'prefix-list-id': (prefixList: PrefixList) => [prefixList.prefixListId],
  'prefix-list-name': (prefixList: PrefixList) => [prefixList.prefixListName],
};

export const describeManagedPrefixLists: Action = action(
  'DescribeManagedPrefixLists',
  {
    PrefixListId: optional(list(text)),
    Filter: filters,
    MaxResults: optional(integer(1, 100)),
    NextToken: optional(text),
  },
  async (ec2, input) => {
    ec2.authorize('DescribeManagedPrefixLists');
    const asked = select(
      ec2.described('DescribeManagedPrefixLists').prefixLists,
      (prefixList) => prefixList.prefixListId,
      input.PrefixListId,
      'InvalidPrefixListID.NotFound',
    );
    const found = filterShown(asked, prefixListFilters, input.Filter);
    const page = pageFor(found, (prefixList) => prefixList.prefixListId, input);
    return { prefixListSet: page.items.map(prefixListFields), nextToken: page.nextToken };
  },
);

export const getManagedPrefixListEntries: Action = action(
  'GetManagedPrefixListEntries',
  { PrefixListId: text, MaxResults: optional(integer(1, 100)), NextToken: optional(text) },
  async (ec2, input) => {
    const cidrs = await ec2.getManagedPrefixListEntries({ prefixListId: input.PrefixListId });
    const page = pageFor(cidrs, (cidr) => encodeURIComponent(cidr), input);
    return { entrySet: page.items.map((cidr) => ({ cidr })), nextToken: page.nextToken };
  },
);
