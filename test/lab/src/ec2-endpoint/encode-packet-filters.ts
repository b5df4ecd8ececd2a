import type { IpPermission, NetworkAcl, SecurityGroup } from '@truetuple/core';
import type { Ec2Snapshot } from '@truetuple/core/testing';
import { accountId, tagSet } from './encode-resources.ts';
import type { XmlFields } from './encode-xml.ts';

/** SecurityGroup of DescribeSecurityGroups. */
export function securityGroupFields(group: SecurityGroup): XmlFields {
  return {
    groupId: group.groupId,
    groupName: group.groupName,
    vpcId: group.vpcId,
    ipPermissions: group.ipPermissions.map(permissionFields),
    ipPermissionsEgress: group.ipPermissionsEgress.map(permissionFields),
    tagSet: tagSet(group.tags),
  };
}

/** Of peers that are neither a block nor a prefix list the simulator knows only that there are some: a group stands for them. */
function permissionFields(permission: IpPermission): XmlFields {
  const { ipProtocol, fromPort, toPort, ipRanges, prefixListIds = [], hasOtherPeers } = permission;
  return {
    ipProtocol,
    fromPort,
    toPort,
    ipRanges: ipRanges.map((cidrIp) => ({ cidrIp })),
    prefixListIds: prefixListIds.map((prefixListId) => ({ prefixListId })),
    groups: hasOtherPeers ? [{ groupId: 'sg-00000000000000001', userId: accountId }] : [],
  };
}

/** NetworkAcl of DescribeNetworkAcls. */
export function networkAclFields(acl: NetworkAcl): XmlFields {
  const { networkAclId, vpcId, isDefault, entries, associations } = acl;
  return {
    networkAclId,
    vpcId,
    default: isDefault,
    entrySet: entries.map(({ portRange, ...entry }) => ({
      ...entry,
      portRange: portRange && { ...portRange },
    })),
    associationSet: associations.map((one) => ({ ...one, networkAclId })),
    tagSet: tagSet(acl.tags),
  };
}

/** ManagedPrefixList of DescribeManagedPrefixLists; a change of it is done at once. */
export function prefixListFields(list: Ec2Snapshot['prefixLists'][number]): XmlFields {
  const { prefixListId, prefixListName, maxEntries, version, tags } = list;
  return {
    prefixListId,
    addressFamily: 'IPv4',
    state: version === 1 ? 'create-complete' : 'modify-complete',
    prefixListName,
    maxEntries,
    version,
    tagSet: tagSet(tags),
  };
}
