import type { Ec2PacketFilters } from '../../cloud/ec2/ec2-packet-filters.ts';
import { readNetworkAcl, readSecurityGroup } from './read-packet-filters.ts';
import { required } from './read-shapes.ts';
import { allPages, filtersOf, type Run } from './sdk-run.ts';

/** What verification looks at besides. EC2's answer has a list, be it an empty one. It refuses MaxResults together with ids. */
export function packetFilterReads(run: Run): Ec2PacketFilters {
  return {
    describeSecurityGroups: ({ groupIds: ids, filters }, call) =>
      run('DescribeSecurityGroups', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const found = await allPages(call, async (NextToken) => {
          const asked = ids === undefined ? { MaxResults: 1000 } : { GroupIds: [...ids] };
          const input = { ...asked, ...filtersOf(filters), ...(NextToken && { NextToken }) };
          const page = await client.send(new sdk.DescribeSecurityGroupsCommand(input), options);
          return { items: required(page.SecurityGroups, 'SecurityGroups'), next: page.NextToken };
        });
        return found.map(readSecurityGroup);
      }),
    describeNetworkAcls: ({ networkAclIds: ids, filters }, call) =>
      run('DescribeNetworkAcls', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const found = await allPages(call, async (NextToken) => {
          const asked = ids === undefined ? { MaxResults: 1000 } : { NetworkAclIds: [...ids] };
          const input = { ...asked, ...filtersOf(filters), ...(NextToken && { NextToken }) };
          const page = await client.send(new sdk.DescribeNetworkAclsCommand(input), options);
          return { items: required(page.NetworkAcls, 'NetworkAcls'), next: page.NextToken };
        });
        return found.map(readNetworkAcl);
      }),
    getManagedPrefixListEntries: ({ prefixListId: PrefixListId }, call) =>
      run('GetManagedPrefixListEntries', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const found = await allPages(call, async (NextToken) => {
          const input = { PrefixListId, MaxResults: 100, ...(NextToken && { NextToken }) };
          const page = await client.send(
            new sdk.GetManagedPrefixListEntriesCommand(input),
            options,
          );
          return { items: required(page.Entries, 'Entries'), next: page.NextToken };
        });
        return found.flatMap(({ Cidr }) => Cidr ?? []);
      }),
  };
}
