import type {
  DescribeSecurityGroups,
  IpPermission,
  SecurityGroup,
} from '../../cloud/ec2/ec2-packet-filters.ts';
import {
  nextId,
  requireNetworkInterface,
  requireVpc,
  requireWellFormed,
  tagList,
  tagsFrom,
  type CloudState,
  type SecurityGroupRecord,
} from './cloud-state.ts';
import { filterResources, type FilterFields } from './filters.ts';
import { requirePrefixList } from './prefix-lists.ts';
import { refuse } from './refuse.ts';

/** A security group to be made, and who is in it. */
export interface SecurityGroupSetup {
  readonly vpcId: string;
  /** Default: its id. */
  readonly groupName?: string;
  /** Default: lets nothing in. */
  readonly ipPermissions?: readonly IpPermission[];
  /** Default, as EC2 makes a group: lets everything out. */
  readonly ipPermissionsEgress?: readonly IpPermission[];
  /** Network interfaces that are in it from now on, beside those groups that they are in already. */
  readonly networkInterfaceIds?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

const everythingOut: IpPermission = {
  ipProtocol: '-1',
  ipRanges: ['0.0.0.0/0'],
  hasOtherPeers: false,
};

export function createSecurityGroup(
  state: CloudState,
  setup: SecurityGroupSetup,
): { readonly groupId: string } {
  const { vpcId } = requireVpc(state, setup.vpcId);
  const { ipPermissions = [], ipPermissionsEgress = [everythingOut] } = setup;
  for (const rules of [ipPermissions, ipPermissionsEgress]) requirePlaces(state, rules);
  const members = (setup.networkInterfaceIds ?? []).map((id) => requireNetworkInterface(state, id));
  const groupId = nextId(state, 'sg');
  state.securityGroups.set(groupId, {
    groupId,
    groupName: setup.groupName ?? groupId,
    vpcId,
    ipPermissions,
    ipPermissionsEgress,
    tags: tagsFrom(setup.tags),
  });
  for (const member of members) member.groupIds.push(groupId);
  return { groupId };
}

/** Rules of one direction of a security group. */
export interface SecurityGroupRules {
  readonly groupId: string;
  readonly egress: boolean;
  readonly ipPermissions: readonly IpPermission[];
}

/** EC2 user guide, VPC quotas: rules of a security group for each direction. */
const rulesEachWay = 60;

/** A rule that names a prefix list takes as many places as the list has entries at most. */
function requirePlaces(state: CloudState, rules: readonly IpPermission[]): void {
  const places = rules.flatMap(({ ipRanges, prefixListIds = [], hasOtherPeers }) => [
    ipRanges.length + (hasOtherPeers ? 1 : 0),
    ...prefixListIds.map((id) => requirePrefixList(state, id).maxEntries),
  ]);
  if (places.reduce((sum, each) => sum + each, 0) <= rulesEachWay) return;
  refuse(
    'RulesPerSecurityGroupLimitExceeded',
    `The maximum number of rules per security group has been reached: ${rulesEachWay}.`,
  );
}

/** AuthorizeSecurityGroupIngress and -Egress: a rule that is there is refused. */
export function authorizeSecurityGroup(state: CloudState, input: SecurityGroupRules): void {
  const group = requireSecurityGroup(state, input.groupId);
  const field = input.egress ? 'ipPermissionsEgress' : 'ipPermissions';
  const added = input.ipPermissions.flatMap(onePeerEach);
  const there = new Set(group[field].flatMap(onePeerEach).map(keyOf));
  if (added.some((rule) => there.has(keyOf(rule)))) {
    refuse('InvalidPermission.Duplicate', 'the specified rule already exists');
  }
  const rules = [...group[field], ...input.ipPermissions];
  requirePlaces(state, rules);
  group[field] = rules;
}

/** RevokeSecurityGroupIngress and -Egress. */
export function revokeSecurityGroup(state: CloudState, input: SecurityGroupRules): void {
  const group = requireSecurityGroup(state, input.groupId);
  const field = input.egress ? 'ipPermissionsEgress' : 'ipPermissions';
  const revoked = new Set(input.ipPermissions.flatMap(onePeerEach).map(keyOf));
  const there = group[field].flatMap(onePeerEach);
  const left = there.filter((rule) => !revoked.has(keyOf(rule)));
  if (there.length - left.length < revoked.size) {
    refuse(
      'InvalidPermission.NotFound',
      'The specified rule does not exist in this security group.',
    );
  }
  group[field] = left;
}

function onePeerEach(rule: IpPermission): IpPermission[] {
  const { ipRanges, prefixListIds = [], hasOtherPeers } = rule;
  const alone = { ...portsOf(rule), ipRanges: [], hasOtherPeers: false };
  return [
    ...ipRanges.map((range) => ({ ...alone, ipRanges: [range] })),
    ...prefixListIds.map((id) => ({ ...alone, prefixListIds: [id] })),
    ...(hasOtherPeers ? [{ ...alone, hasOtherPeers }] : []),
  ];
}

function portsOf({ ipProtocol, fromPort, toPort }: IpPermission) {
  return {
    ipProtocol,
    ...(fromPort === undefined ? {} : { fromPort }),
    ...(toPort === undefined ? {} : { toPort }),
  };
}

function keyOf({ ipProtocol, fromPort, toPort, ...peers }: IpPermission): string {
  return JSON.stringify([ipProtocol, fromPort, toPort, peers.ipRanges, peers.prefixListIds]);
}

/** ModifyNetworkInterfaceAttribute, the Groups attribute: in these and no others. */
export function setSecurityGroups(
  state: CloudState,
  input: { readonly networkInterfaceId: string; readonly groupIds: readonly string[] },
): void {
  const eni = requireNetworkInterface(state, input.networkInterfaceId);
  const groups = input.groupIds.map((id) => requireSecurityGroup(state, id));
  if (groups.length === 0) refuse('InvalidParameterValue', 'An interface needs a security group.');
  eni.groupIds = groups.map(({ groupId }) => groupId);
}

const fields: FilterFields<SecurityGroupRecord> = {
  'group-id': (group) => [group.groupId],
  'group-name': (group) => [group.groupName],
  'vpc-id': (group) => [group.vpcId],
};

/** DescribeSecurityGroups. */
export function describeSecurityGroups(
  state: CloudState,
  input: DescribeSecurityGroups,
): SecurityGroup[] {
  const asked =
    input.groupIds === undefined
      ? state.securityGroups.values()
      : input.groupIds.map((id) => requireSecurityGroup(state, id));
  return filterResources(state, asked, fields, input.filters).map((group) => ({
    ...group,
    tags: tagList(group.tags),
  }));
}

export function requireSecurityGroup(state: CloudState, groupId: string): SecurityGroupRecord {
  requireWellFormed(groupId, 'sg', 'InvalidGroupId.Malformed');
  return (
    state.securityGroups.get(groupId) ??
    refuse('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`)
  );
}
