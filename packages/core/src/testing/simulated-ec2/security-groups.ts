import type { DescribeSecurityGroups, IpPermission, SecurityGroup } from '../../cloud/ec2-api.ts';
import {
  nextId,
  requireNetworkInterface,
  requireVpc,
  tagList,
  tagsFrom,
  type CloudState,
  type SecurityGroupRecord,
} from './cloud-state.ts';
import { filterResources, type FilterFields } from './filters.ts';
import { refuse } from './refuse.ts';

/** A security group to be made, and who is in it. */
export interface SecurityGroupSetup {
  readonly vpcId: string;
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
  const members = (setup.networkInterfaceIds ?? []).map((id) => requireNetworkInterface(state, id));
  const groupId = nextId(state, 'sg');
  state.securityGroups.set(groupId, {
    groupId,
    groupName: groupId,
    vpcId,
    ipPermissions: setup.ipPermissions ?? [],
    ipPermissionsEgress: setup.ipPermissionsEgress ?? [everythingOut],
    tags: tagsFrom(setup.tags),
  });
  for (const member of members) member.groupIds.push(groupId);
  return { groupId };
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
  return filterResources(asked, fields, input.filters).map((group) => ({
    ...group,
    tags: tagList(group.tags),
  }));
}

function requireSecurityGroup(state: CloudState, groupId: string): SecurityGroupRecord {
  return (
    state.securityGroups.get(groupId) ??
    refuse('InvalidGroup.NotFound', `The security group '${groupId}' does not exist`)
  );
}
