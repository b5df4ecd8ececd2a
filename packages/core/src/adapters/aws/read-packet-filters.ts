import type {
  IpPermission as IpPermissionShape,
  NetworkAcl as NetworkAclShape,
  NetworkAclEntry as NetworkAclEntryShape,
  SecurityGroup as SecurityGroupShape,
} from '@aws-sdk/client-ec2';
import type {
  IpPermission,
  NetworkAcl,
  NetworkAclEntry,
  SecurityGroup,
} from '../../cloud/ec2/ec2-packet-filters.ts';
import { readTags, required } from './read-shapes.ts';

export function readSecurityGroup(shape: SecurityGroupShape): SecurityGroup {
  return {
    groupId: required(shape.GroupId, 'GroupId'),
    groupName: shape.GroupName ?? '',
    vpcId: required(shape.VpcId, 'VpcId'),
    ipPermissions: (shape.IpPermissions ?? []).map(readPermission),
    ipPermissionsEgress: (shape.IpPermissionsEgress ?? []).map(readPermission),
    tags: readTags(shape.Tags),
  };
}

function readPermission(shape: IpPermissionShape): IpPermission {
  const others = [shape.Ipv6Ranges, shape.UserIdGroupPairs];
  const prefixListIds = (shape.PrefixListIds ?? []).flatMap(
    ({ PrefixListId }) => PrefixListId ?? [],
  );
  return {
    ipProtocol: required(shape.IpProtocol, 'IpProtocol'),
    ...(shape.FromPort === undefined ? {} : { fromPort: shape.FromPort }),
    ...(shape.ToPort === undefined ? {} : { toPort: shape.ToPort }),
    ipRanges: (shape.IpRanges ?? []).flatMap(({ CidrIp }) => CidrIp ?? []),
    ...(prefixListIds.length === 0 ? {} : { prefixListIds }),
    hasOtherPeers: others.some((peers) => peers !== undefined && peers.length > 0),
  };
}

export function readNetworkAcl(shape: NetworkAclShape): NetworkAcl {
  return {
    networkAclId: required(shape.NetworkAclId, 'NetworkAclId'),
    vpcId: required(shape.VpcId, 'VpcId'),
    isDefault: shape.IsDefault ?? false,
    entries: (shape.Entries ?? []).map(readEntry),
    associations: (shape.Associations ?? []).map((one) => ({
      networkAclAssociationId: required(one.NetworkAclAssociationId, 'NetworkAclAssociationId'),
      subnetId: required(one.SubnetId, 'SubnetId'),
    })),
    tags: readTags(shape.Tags),
  };
}

function readEntry(shape: NetworkAclEntryShape): NetworkAclEntry {
  const { RuleNumber: ruleNumber, CidrBlock: cidrBlock, PortRange } = shape;
  if (ruleNumber === undefined) throw new Error("EC2's answer has no RuleNumber");
  const { From: from, To: to } = PortRange ?? {};
  return {
    ruleNumber,
    egress: shape.Egress ?? false,
    ruleAction: required(shape.RuleAction, 'RuleAction') === 'allow' ? 'allow' : 'deny',
    protocol: required(shape.Protocol, 'Protocol'),
    ...(cidrBlock === undefined ? {} : { cidrBlock }),
    ...(from === undefined || to === undefined ? {} : { portRange: { from, to } }),
  };
}
