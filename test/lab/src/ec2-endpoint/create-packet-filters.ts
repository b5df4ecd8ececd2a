import type { IpPermission } from '@truetuple/core';
import type { SimulatedEc2 } from '@truetuple/core/testing';
import { actionWithoutDryRun, present, type Action } from './action.ts';
import {
  flag,
  integer,
  list,
  oneOf,
  optional,
  struct,
  text,
  type Decode,
  type Values,
} from './decode-parameters.ts';
import { networkAclFields, prefixListFields } from './encode-packet-filters.ts';
import type { XmlFields } from './encode-xml.ts';
import { once, tagSetOf, tagsFor, tagSpecification } from './new-resource.ts';

const done = { return: true } as const;

export const createSecurityGroup: Action = actionWithoutDryRun(
  { GroupName: text, GroupDescription: text, VpcId: text, TagSpecification: tagSpecification },
  async (ec2, { GroupName: groupName, VpcId: vpcId, TagSpecification }) => {
    const tags = tagsFor('security-group', TagSpecification);
    const { groupId } = ec2.createSecurityGroup({ vpcId, groupName, tags });
    return { return: true, groupId, tagSet: tagSetOf(tags) };
  },
);

/** -1 is all ports. */
const port: Decode<number> = (node, name) => (node === '-1' ? -1 : integer(0, 65_535)(node, name));

const permission = {
  IpProtocol: text,
  FromPort: optional(port),
  ToPort: optional(port),
  IpRanges: optional(list(struct({ CidrIp: text, Description: optional(text) }))),
  PrefixListIds: optional(list(struct({ PrefixListId: text, Description: optional(text) }))),
  Groups: optional(list(struct({ GroupId: text, Description: optional(text) }))),
};

function permissionFrom(input: Values<typeof permission>): IpPermission {
  const { IpProtocol: ipProtocol, FromPort, ToPort, IpRanges, PrefixListIds, Groups } = input;
  return {
    ipProtocol,
    ...present({ fromPort: FromPort, toPort: ToPort }),
    ipRanges: (IpRanges ?? []).map(({ CidrIp }) => CidrIp),
    ...present({ prefixListIds: PrefixListIds?.map(({ PrefixListId }) => PrefixListId) }),
    hasOtherPeers: Groups !== undefined,
  };
}

function changeRules(
  egress: boolean,
  change: 'authorizeSecurityGroup' | 'revokeSecurityGroup',
): Action {
  return actionWithoutDryRun(
    { GroupId: text, IpPermissions: list(struct(permission)) },
    async (ec2, { GroupId: groupId, IpPermissions }) => {
      ec2[change]({ groupId, egress, ipPermissions: IpPermissions.map(permissionFrom) });
      return done;
    },
  );
}

export const authorizeSecurityGroupIngress: Action = changeRules(false, 'authorizeSecurityGroup');
export const authorizeSecurityGroupEgress: Action = changeRules(true, 'authorizeSecurityGroup');
export const revokeSecurityGroupIngress: Action = changeRules(false, 'revokeSecurityGroup');
export const revokeSecurityGroupEgress: Action = changeRules(true, 'revokeSecurityGroup');

export const createNetworkAcl: Action = actionWithoutDryRun(
  { VpcId: text, TagSpecification: tagSpecification, ClientToken: optional(text) },
  async (ec2, input) =>
    once(ec2, { action: 'CreateNetworkAcl', input }, () => {
      const tags = tagsFor('network-acl', input.TagSpecification);
      const { networkAclId } = ec2.createNetworkAcl({ vpcId: input.VpcId, tags });
      const acl = ec2.snapshot().networkAcls.find((one) => one.networkAclId === networkAclId);
      return { networkAcl: acl && networkAclFields(acl) };
    }),
);

export const createNetworkAclEntry: Action = actionWithoutDryRun(
  {
    NetworkAclId: text,
    RuleNumber: integer(1, 32_766),
    Egress: flag,
    RuleAction: oneOf('allow', 'deny'),
    Protocol: text,
    CidrBlock: text,
    PortRange: optional(struct({ From: integer(0, 65_535), To: integer(0, 65_535) })),
  },
  async (ec2, input) => {
    const { PortRange } = input;
    ec2.createNetworkAclEntry({
      networkAclId: input.NetworkAclId,
      entry: {
        ruleNumber: input.RuleNumber,
        egress: input.Egress,
        ruleAction: input.RuleAction,
        protocol: input.Protocol,
        cidrBlock: input.CidrBlock,
        ...present({ portRange: PortRange && { from: PortRange.From, to: PortRange.To } }),
      },
    });
    return done;
  },
);

export const deleteNetworkAclEntry: Action = actionWithoutDryRun(
  { NetworkAclId: text, RuleNumber: integer(1, 32_766), Egress: flag },
  async (ec2, { NetworkAclId: networkAclId, RuleNumber: ruleNumber, Egress: egress }) => {
    ec2.deleteNetworkAclEntry({ networkAclId, ruleNumber, egress });
    return done;
  },
);

export const replaceNetworkAclAssociation: Action = actionWithoutDryRun(
  { AssociationId: text, NetworkAclId: text },
  async (ec2, { AssociationId: associationId, NetworkAclId: networkAclId }) =>
    ec2.replaceNetworkAclAssociation({ associationId, networkAclId }),
);

const entries = optional(list(struct({ Cidr: text, Description: optional(text) })));

export const createManagedPrefixList: Action = actionWithoutDryRun(
  {
    PrefixListName: text,
    Entry: entries,
    MaxEntries: integer(1, 1000),
    AddressFamily: oneOf('IPv4'),
    TagSpecification: tagSpecification,
    ClientToken: optional(text),
  },
  async (ec2, input) =>
    once(ec2, { action: 'CreateManagedPrefixList', input }, () => {
      const { prefixListId } = ec2.createManagedPrefixList({
        prefixListName: input.PrefixListName,
        maxEntries: input.MaxEntries,
        entries: (input.Entry ?? []).map(({ Cidr }) => Cidr),
        tags: tagsFor('prefix-list', input.TagSpecification),
      });
      return shownPrefixList(ec2, prefixListId);
    }),
);

function shownPrefixList(ec2: SimulatedEc2, prefixListId: string): XmlFields {
  const found = ec2.snapshot().prefixLists.find((one) => one.prefixListId === prefixListId);
  return { prefixList: found && prefixListFields(found) };
}

export const modifyManagedPrefixList: Action = actionWithoutDryRun(
  {
    PrefixListId: text,
    CurrentVersion: optional(integer(1, Number.MAX_SAFE_INTEGER)),
    AddEntry: entries,
    RemoveEntry: entries,
  },
  async (ec2, input) => {
    const { PrefixListId: prefixListId, AddEntry = [], RemoveEntry = [] } = input;
    ec2.modifyManagedPrefixList({
      prefixListId,
      currentVersion: input.CurrentVersion,
      addEntries: AddEntry.map(({ Cidr }) => Cidr),
      removeEntries: RemoveEntry.map(({ Cidr }) => Cidr),
    });
    return shownPrefixList(ec2, prefixListId);
  },
);
