import type {
  DescribeNetworkAcls,
  NetworkAcl,
  NetworkAclEntry,
} from '../../cloud/ec2/ec2-packet-filters.ts';
import { isCidr } from '../../identity/address.ts';
import {
  nextId,
  requireSubnet,
  requireVpc,
  tagList,
  tagsFrom,
  type CloudState,
  type NetworkAclRecord,
} from './cloud-state.ts';
import { filterResources, type FilterFields } from './filters.ts';
import { refuse } from './refuse.ts';

/** A network ACL to make: like EC2's it lets nothing through before it has entries. */
export interface NetworkAclSetup {
  readonly vpcId: string;
  readonly entries?: readonly NetworkAclEntry[];
  /** Subnets that it is for from now on, instead of the one that they had. */
  readonly subnetIds?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
}

/** EC2 user guide, VPC quotas: 20 rules for each direction. */
const entriesEachWay = 20;
const lastRuleNumber = 32_767;

/** EC2's own last rules, which nobody can delete. */
const denials: readonly NetworkAclEntry[] = [false, true].map((egress) => ({
  ruleNumber: lastRuleNumber,
  egress,
  ruleAction: 'deny',
  protocol: '-1',
  cidrBlock: '0.0.0.0/0',
}));

/** The ACL that a VPC is made with lets everything through. */
export function createDefaultNetworkAcl(state: CloudState, vpcId: string): void {
  const acl = newAcl(state, { vpcId }, true);
  acl.entries = denials.flatMap((denial) => [
    { ...denial, ruleNumber: 100, ruleAction: 'allow' as const },
    denial,
  ]);
}

function newAcl(state: CloudState, setup: NetworkAclSetup, isDefault: boolean): NetworkAclRecord {
  const acl: NetworkAclRecord = {
    networkAclId: nextId(state, 'acl'),
    vpcId: setup.vpcId,
    isDefault,
    entries: denials,
    associations: new Map(),
    tags: tagsFrom(setup.tags),
  };
  state.networkAcls.set(acl.networkAclId, acl);
  return acl;
}

/** Puts a new subnet under its VPC's default ACL. */
export function associateDefaultNetworkAcl(
  state: CloudState,
  { vpcId, subnetId }: { readonly vpcId: string; readonly subnetId: string },
): void {
  const all = [...state.networkAcls.values()];
  const acl = all.find((one) => one.isDefault && one.vpcId === vpcId);
  acl?.associations.set(subnetId, nextId(state, 'aclassoc'));
}

/** CreateNetworkAcl, and what brings it into use. */
export function createNetworkAcl(
  state: CloudState,
  setup: NetworkAclSetup,
): { readonly networkAclId: string } {
  requireVpc(state, setup.vpcId);
  const subnets = (setup.subnetIds ?? []).map((id) => requireSubnet(state, id));
  const { networkAclId } = newAcl(state, setup, false);
  for (const entry of setup.entries ?? []) {
    createNetworkAclEntry(state, { networkAclId, entry });
  }
  for (const { subnetId } of subnets) {
    const associationId = associationOf(state, subnetId);
    replaceNetworkAclAssociation(state, { associationId, networkAclId });
  }
  return { networkAclId };
}

function associationOf(state: CloudState, subnetId: string): string {
  const ids = [...state.networkAcls.values()].map((acl) => acl.associations.get(subnetId));
  return ids.find((id) => id !== undefined) ?? '';
}

/** CreateNetworkAclEntry: a direction has each rule number once. */
export function createNetworkAclEntry(
  state: CloudState,
  { networkAclId, entry }: { readonly networkAclId: string; readonly entry: NetworkAclEntry },
): void {
  const acl = requireNetworkAcl(state, networkAclId);
  const { ruleNumber, egress, cidrBlock } = entry;
  if (!(ruleNumber >= 1 && ruleNumber < lastRuleNumber)) {
    refuse('InvalidParameterValue', `Value (${ruleNumber}) for parameter ruleNumber is invalid.`);
  }
  if (cidrBlock !== undefined && !isCidr(cidrBlock)) {
    refuse('InvalidParameterValue', `Value (${cidrBlock}) for parameter cidrBlock is invalid.`);
  }
  const sameWay = acl.entries.filter((one) => one.egress === egress);
  if (sameWay.some((one) => one.ruleNumber === ruleNumber)) {
    refuse(
      'NetworkAclEntryAlreadyExists',
      `The network acl entry identified by ${ruleNumber} already exists.`,
    );
  }
  if (sameWay.length > entriesEachWay) {
    refuse(
      'NetworkAclEntryLimitExceeded',
      `The maximum number of network acl entries has been reached: ${entriesEachWay}.`,
    );
  }
  acl.entries = [...acl.entries, entry];
}

/** DeleteNetworkAclEntry. */
export function deleteNetworkAclEntry(
  state: CloudState,
  entry: { readonly networkAclId: string; readonly ruleNumber: number; readonly egress: boolean },
): void {
  const acl = requireNetworkAcl(state, entry.networkAclId);
  const { ruleNumber, egress } = entry;
  const left = acl.entries.filter((one) => one.ruleNumber !== ruleNumber || one.egress !== egress);
  if (left.length === acl.entries.length) {
    refuse(
      'InvalidNetworkAclEntry.NotFound',
      `The network acl entry identified by ${ruleNumber} does not exist`,
    );
  }
  acl.entries = left;
}

/** ReplaceNetworkAclAssociation: a subnet always has one ACL; the association has another id then. */
export function replaceNetworkAclAssociation(
  state: CloudState,
  {
    associationId,
    networkAclId,
  }: { readonly associationId: string; readonly networkAclId: string },
): { readonly newAssociationId: string } {
  const acl = requireNetworkAcl(state, networkAclId);
  for (const { associations } of state.networkAcls.values()) {
    for (const [subnetId, id] of associations) {
      if (id !== associationId) continue;
      if (requireSubnet(state, subnetId).vpcId !== acl.vpcId) {
        refuse(
          'InvalidParameterValue',
          `network acl ${networkAclId} and subnet ${subnetId} belong to different networks`,
        );
      }
      associations.delete(subnetId);
      const newAssociationId = nextId(state, 'aclassoc');
      acl.associations.set(subnetId, newAssociationId);
      return { newAssociationId };
    }
  }
  return refuse(
    'InvalidAssociationID.NotFound',
    `The association ID '${associationId}' does not exist`,
  );
}

const fields: FilterFields<NetworkAclRecord> = {
  'network-acl-id': (acl) => [acl.networkAclId],
  'vpc-id': (acl) => [acl.vpcId],
  default: (acl) => [String(acl.isDefault)],
  'association.subnet-id': (acl) => [...acl.associations.keys()],
  'association.association-id': (acl) => [...acl.associations.values()],
  'entry.cidr': (acl) => acl.entries.map((entry) => entry.cidrBlock),
  'entry.rule-action': (acl) => acl.entries.map((entry) => entry.ruleAction),
  'entry.rule-number': (acl) => acl.entries.map((entry) => String(entry.ruleNumber)),
};

/** DescribeNetworkAcls. */
export function describeNetworkAcls(state: CloudState, input: DescribeNetworkAcls): NetworkAcl[] {
  const asked =
    input.networkAclIds === undefined
      ? state.networkAcls.values()
      : input.networkAclIds.map((id) => requireNetworkAcl(state, id));
  return filterResources(state, asked, fields, input.filters).map((acl) => ({
    ...acl,
    entries: [...acl.entries],
    associations: [...acl.associations].map(([subnetId, networkAclAssociationId]) => ({
      networkAclAssociationId,
      subnetId,
    })),
    tags: tagList(acl.tags),
  }));
}

export function requireNetworkAcl(state: CloudState, networkAclId: string): NetworkAclRecord {
  return (
    state.networkAcls.get(networkAclId) ??
    refuse('InvalidNetworkAclID.NotFound', `The networkAcl ID '${networkAclId}' does not exist`)
  );
}
