import type {
  IpPermission,
  NetworkAcl,
  NetworkAclEntry,
  SecurityGroup,
} from '../../cloud/ec2-packet-filters.ts';
import { fieldsOf, optionalNumber, readTags, required } from './read-answers.ts';
import { childOf, itemsOf, textOf, type XmlElement } from './xml.ts';

export function readSecurityGroup(element: XmlElement): SecurityGroup {
  return {
    groupId: required(element, 'groupId'),
    groupName: textOf(element, 'groupName') ?? '',
    vpcId: required(element, 'vpcId'),
    ipPermissions: itemsOf(element, 'ipPermissions').map(readPermission),
    ipPermissionsEgress: itemsOf(element, 'ipPermissionsEgress').map(readPermission),
    tags: readTags(element),
  };
}

function readPermission(element: XmlElement): IpPermission {
  const prefixListIds = fieldsOf(element, 'prefixListIds', 'prefixListId');
  return {
    ipProtocol: required(element, 'ipProtocol'),
    ...optionalNumber(element, 'fromPort'),
    ...optionalNumber(element, 'toPort'),
    ipRanges: fieldsOf(element, 'ipRanges', 'cidrIp'),
    ...(prefixListIds.length === 0 ? {} : { prefixListIds }),
    hasOtherPeers: ['ipv6Ranges', 'groups'].some((peers) => itemsOf(element, peers).length > 0),
  };
}

export function readNetworkAcl(element: XmlElement): NetworkAcl {
  return {
    networkAclId: required(element, 'networkAclId'),
    vpcId: required(element, 'vpcId'),
    isDefault: textOf(element, 'default') === 'true',
    entries: itemsOf(element, 'entrySet').map(readEntry),
    associations: itemsOf(element, 'associationSet').map((one) => ({
      networkAclAssociationId: required(one, 'networkAclAssociationId'),
      subnetId: required(one, 'subnetId'),
    })),
    tags: readTags(element),
  };
}

function readEntry(element: XmlElement): NetworkAclEntry {
  const { ruleNumber } = optionalNumber(element, 'ruleNumber');
  if (ruleNumber === undefined) throw new Error("EC2's answer has no ruleNumber");
  const cidrBlock = textOf(element, 'cidrBlock');
  const range = childOf(element, 'portRange');
  const { from, to } =
    range === undefined ? {} : { ...optionalNumber(range, 'from'), ...optionalNumber(range, 'to') };
  return {
    ruleNumber,
    egress: textOf(element, 'egress') === 'true',
    ruleAction: required(element, 'ruleAction') === 'allow' ? 'allow' : 'deny',
    protocol: required(element, 'protocol'),
    ...(cidrBlock === undefined ? {} : { cidrBlock }),
    ...(from === undefined || to === undefined ? {} : { portRange: { from, to } }),
  };
}
