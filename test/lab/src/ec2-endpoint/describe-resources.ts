import type { SimulatedEc2 } from '@truetuple/core/testing';
import { action, present, type Action } from './action.ts';
import { list, optional, text } from './decode-parameters.ts';
import { addressFields, networkInterfaceFields, routeTableFields } from './encode-resources.ts';
import { filters, pageFor, pageParameters, refuseIdsWithMaxResults } from './parameters.ts';
import { refuse } from './refusal.ts';

export const describeNetworkInterfaces: Action = action(
  'DescribeNetworkInterfaces',
  {
    NetworkInterfaceId: optional(list(text)),
    Filter: filters,
    ...pageParameters(1000),
  },
  async (ec2, input) => {
    const { NetworkInterfaceId: networkInterfaceIds, Filter } = input;
    refuseIdsWithMaxResults(networkInterfaceIds, input);
    const found = await ec2.describeNetworkInterfaces(
      present({
        networkInterfaceIds,
        filters: Filter,
        maxResults: input.MaxResults,
        isUnpaged: input.MaxResults === undefined && input.NextToken === undefined,
      }),
    );
    const page = pageFor(found, (eni) => eni.networkInterfaceId, input);
    const networkInterfaceSet = page.items.map(networkInterfaceFields);
    return { networkInterfaceSet, nextToken: page.nextToken };
  },
);

/** Never paged by EC2. */
export const describeAddresses: Action = action(
  'DescribeAddresses',
  {
    AllocationId: optional(list(text)),
    PublicIp: optional(list(text)),
    Filter: filters,
  },
  async (ec2, { AllocationId: allocationIds, PublicIp: publicIps, Filter }) => {
    const found = await ec2.describeAddresses(present({ allocationIds, filters: Filter }));
    for (const publicIp of publicIps ?? []) requireAddress(ec2, publicIp);
    const asked = found.filter(({ publicIp }) => publicIps?.includes(publicIp) ?? true);
    const instances = instancesByInterface(ec2);
    return {
      addressesSet: asked.map((address) =>
        addressFields(address, instances.get(address.networkInterfaceId ?? '')),
      ),
    };
  },
);

function requireAddress(ec2: SimulatedEc2, publicIp: string): void {
  if (ec2.snapshot().addresses.some((address) => address.publicIp === publicIp)) return;
  refuse('InvalidAddress.NotFound', `Address '${publicIp}' not found.`);
}

function instancesByInterface(ec2: SimulatedEc2): ReadonlyMap<string, string | undefined> {
  const { networkInterfaces } = ec2.snapshot();
  return new Map(
    networkInterfaces.map((eni) => [eni.networkInterfaceId, eni.attachment?.instanceId]),
  );
}

export const describeRouteTables: Action = action(
  'DescribeRouteTables',
  { RouteTableId: optional(list(text)), Filter: filters, ...pageParameters(100) },
  async (ec2, input) => {
    const { RouteTableId: routeTableIds, Filter } = input;
    const found = await ec2.describeRouteTables(present({ routeTableIds, filters: Filter }));
    const page = pageFor(found, (table) => table.routeTableId, input);
    const main = new Set(ec2.snapshot().vpcs.map((vpc) => vpc.mainRouteTableId));
    const routeTableSet = page.items.map((table) =>
      routeTableFields(table, main.has(table.routeTableId)),
    );
    return { routeTableSet, nextToken: page.nextToken };
  },
);
