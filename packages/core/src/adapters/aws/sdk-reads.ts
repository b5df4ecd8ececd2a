import type { Ec2Api } from '../../cloud/ec2/ec2-api.ts';
import { readElasticIp, readNetworkInterface, readRouteTable, required } from './read-shapes.ts';
import { allPages, filtersOf, type Run } from './sdk-run.ts';

/** What a claim looks at. EC2's answer has a list, be it an empty one: without it somebody else has answered. */
export function reads(
  run: Run,
): Pick<Ec2Api, 'describeNetworkInterfaces' | 'describeAddresses' | 'describeRouteTables'> {
  return {
    describeNetworkInterfaces: ({ networkInterfaceIds: ids, filters }, call) =>
      run('DescribeNetworkInterfaces', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const found = await allPages(call, async (NextToken) => {
          // EC2 refuses MaxResults together with ids
          const asked =
            ids === undefined ? { MaxResults: 1000 } : { NetworkInterfaceIds: [...ids] };
          const input = { ...asked, ...filtersOf(filters), ...(NextToken && { NextToken }) };
          const command = new sdk.DescribeNetworkInterfacesCommand(input);
          const page = await client.send(command, options);
          return {
            items: required(page.NetworkInterfaces, 'NetworkInterfaces'),
            next: page.NextToken,
          };
        });
        return found.map(readNetworkInterface);
      }),
    describeAddresses: ({ allocationIds: ids, filters }, call) =>
      run('DescribeAddresses', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const asked = ids === undefined ? {} : { AllocationIds: [...ids] };
        const command = new sdk.DescribeAddressesCommand({ ...asked, ...filtersOf(filters) });
        const { Addresses } = await client.send(command, options);
        return required(Addresses, 'Addresses').map(readElasticIp);
      }),
    describeRouteTables: ({ routeTableIds: ids, filters }, call) =>
      run('DescribeRouteTables', call, async ({ client }, options) => {
        const sdk = await import('./ec2-commands.ts');
        const found = await allPages(call, async (NextToken) => {
          const asked = ids === undefined ? { MaxResults: 100 } : { RouteTableIds: [...ids] };
          const input = { ...asked, ...filtersOf(filters), ...(NextToken && { NextToken }) };
          const page = await client.send(new sdk.DescribeRouteTablesCommand(input), options);
          return { items: required(page.RouteTables, 'RouteTables'), next: page.NextToken };
        });
        return found.map(readRouteTable);
      }),
  };
}
