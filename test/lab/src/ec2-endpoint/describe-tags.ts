import type { Tag } from '@truetuple/core';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import { action, type Action } from './action.ts';
import { filterShown } from './filter-shown.ts';
import { filters, pageFor, pageParameters } from './parameters.ts';

interface ShownTag extends Tag {
  readonly resourceId: string;
  readonly resourceType: string;
  readonly tags: readonly Tag[];
}

export const describeTags: Action = action(
  'DescribeTags',
  { Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    ec2.authorize('DescribeTags');
    const fields = {
      'resource-id': (tag: ShownTag) => [tag.resourceId],
      'resource-type': (tag: ShownTag) => [tag.resourceType],
      key: (tag: ShownTag) => [tag.key],
      value: (tag: ShownTag) => [tag.value],
    };
    const found = filterShown(allTags(ec2), fields, input.Filter);
    const page = pageFor(found, (tag) => encodeURIComponent(`${tag.resourceId} ${tag.key}`), input);
    const tagSet = page.items.map(({ resourceId, resourceType, key, value }) => ({
      resourceId,
      resourceType,
      key,
      value,
    }));
    return { tagSet, nextToken: page.nextToken };
  },
);

/** Every tag of the region as a row; `tag:KEY` reads the row's own tag. */
function allTags(ec2: SimulatedEc2): ShownTag[] {
  const all = ec2.snapshot();
  return [
    ...all.vpcs.flatMap((one) => rows('vpc', one.vpcId, one.tags)),
    ...all.subnets.flatMap((one) => rows('subnet', one.subnetId, one.tags)),
    ...all.instances.flatMap((one) => rows('instance', one.instanceId, one.tags)),
    ...all.networkInterfaces.flatMap((one) =>
      rows('network-interface', one.networkInterfaceId, one.tags),
    ),
    ...all.internetGateways.flatMap((one) =>
      rows('internet-gateway', one.internetGatewayId, one.tags),
    ),
    ...all.addresses.flatMap((one) => rows('elastic-ip', one.allocationId, one.tags)),
    ...all.securityGroups.flatMap((one) => rows('security-group', one.groupId, one.tags)),
    ...all.networkAcls.flatMap((one) => rows('network-acl', one.networkAclId, one.tags)),
    ...all.prefixLists.flatMap((one) => rows('prefix-list', one.prefixListId, one.tags)),
    ...all.routeTables.flatMap((one) => rows('route-table', one.routeTableId, one.tags)),
  ];
}

function rows(resourceType: string, resourceId: string, tags: readonly Tag[]): ShownTag[] {
  return tags.map(({ key, value }) => ({
    resourceType,
    resourceId,
    key,
    value,
    tags: [{ key, value }],
  }));
}
