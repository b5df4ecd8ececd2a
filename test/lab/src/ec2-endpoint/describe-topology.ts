import type { Filter } from '@truetuple/core';
import type { Ec2Snapshot, ShownNetworkInterface } from '@truetuple/core/testing';
import { action, type Action } from './action.ts';
import { list, optional, text } from './decode-parameters.ts';
import {
  instanceNetworkInterfaceFields,
  ipv6CidrSet,
  subnetFields,
  tagSet,
} from './encode-resources.ts';
import type { XmlFields } from './encode-xml.ts';
import { filterShown } from './filter-shown.ts';
import { filters, pageFor, pageParameters, refuseIdsWithMaxResults } from './parameters.ts';
import { refuse } from './refusal.ts';

type Instance = Ec2Snapshot['instances'][number];

/** The resources with these ids, or all; an unknown id is refused with `missing`. */
export function select<Resource>(
  all: readonly Resource[],
  idOf: (resource: Resource) => string,
  ids: readonly string[] | undefined,
  missing: string,
): readonly Resource[] {
  for (const id of ids ?? []) {
    if (!all.some((one) => idOf(one) === id)) refuse(missing, `The ID '${id}' does not exist`);
  }
  return all.filter((one) => ids?.includes(idOf(one)) ?? true);
}

export const describeVpcs: Action = action(
  'DescribeVpcs',
  { VpcId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    ec2.authorize('DescribeVpcs');
    const asked = select(
      ec2.snapshot().vpcs,
      (vpc) => vpc.vpcId,
      input.VpcId,
      'InvalidVpcID.NotFound',
    );
    const fields = {
      'vpc-id': ({ vpcId }: { vpcId: string }) => [vpcId],
      cidr: ({ cidr }: { cidr: string }) => [cidr],
      'cidr-block-association.cidr-block': ({ cidr }: { cidr: string }) => [cidr],
      state: () => ['available'],
      'is-default': ({ isDefault }: { isDefault: boolean }) => [String(isDefault)],
    };
    const page = pageFor(filterShown(asked, fields, input.Filter), (vpc) => vpc.vpcId, input);
    const vpcSet = page.items.map(({ vpcId, cidr, ipv6Cidr, isDefault, tags }) => ({
      vpcId,
      state: 'available',
      cidrBlock: cidr,
      cidrBlockAssociationSet: [{ cidrBlock: cidr, cidrBlockState: { state: 'associated' } }],
      ipv6CidrBlockAssociationSet: ipv6CidrSet(ipv6Cidr),
      isDefault,
      tagSet: tagSet(tags),
    }));
    return { vpcSet, nextToken: page.nextToken };
  },
);

export const describeSubnets: Action = action(
  'DescribeSubnets',
  { SubnetId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    ec2.authorize('DescribeSubnets');
    const asked = select(
      ec2.described('DescribeSubnets').subnets,
      (subnet) => subnet.subnetId,
      input.SubnetId,
      'InvalidSubnetID.NotFound',
    );
    const fields = {
      'subnet-id': ({ subnetId }: { subnetId: string }) => [subnetId],
      'vpc-id': ({ vpcId }: { vpcId: string }) => [vpcId],
      'cidr-block': ({ cidr }: { cidr: string }) => [cidr],
      'availability-zone': (subnet: { availabilityZone: string }) => [subnet.availabilityZone],
      state: () => ['available'],
    };
    const shown = filterShown(asked, fields, input.Filter);
    const page = pageFor(shown, (subnet) => subnet.subnetId, input);
    return { subnetSet: page.items.map(subnetFields), nextToken: page.nextToken };
  },
);

/** InstanceState codes (EC2 API reference, InstanceState). */
export const stateCodes: Readonly<Record<Instance['state'], number>> = {
  pending: 0,
  running: 16,
  terminated: 48,
  stopped: 80,
};

/** Each instance in a reservation of its own. */
export const describeInstances: Action = action(
  'DescribeInstances',
  { InstanceId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    refuseIdsWithMaxResults(input.InstanceId, input);
    const { InstanceId, Filter, MaxResults } = input;
    ec2.authorize('DescribeInstances', { InstanceId, Filter, MaxResults });
    const snapshot = ec2.described('DescribeInstances');
    const found = findInstances(snapshot, input.InstanceId, input.Filter);
    const page = pageFor(found, (instance) => instance.instanceId, input);
    const reservationSet = page.items.map((instance) => ({
      reservationId: instance.instanceId.replace(/^i-/, 'r-'),
      instancesSet: [instanceFields(instance, interfacesOf(snapshot, instance))],
    }));
    return { reservationSet, nextToken: page.nextToken };
  },
);

function findInstances(
  snapshot: Ec2Snapshot,
  ids: readonly string[] | undefined,
  wanted: readonly Filter[] | undefined,
): readonly Instance[] {
  const asked = select(
    snapshot.instances,
    (instance) => instance.instanceId,
    ids,
    'InvalidInstanceID.NotFound',
  );
  const fields = {
    'instance-id': (instance: Instance) => [instance.instanceId],
    'instance-state-name': (instance: Instance) => [instance.state],
    'vpc-id': (instance: Instance) => interfacesOf(snapshot, instance).map((eni) => eni.vpcId),
    'network-interface.network-interface-id': (instance: Instance) =>
      interfacesOf(snapshot, instance).map((eni) => eni.networkInterfaceId),
  };
  return filterShown(asked, fields, wanted);
}

/** Those that are attached to it. */
export function interfacesOf(
  snapshot: Ec2Snapshot,
  instance: Instance,
): readonly ShownNetworkInterface[] {
  return snapshot.networkInterfaces.filter(
    ({ attachment }) => attachment?.instanceId === instance.instanceId,
  );
}

/** Instance of DescribeInstances. */
export function instanceFields(
  instance: Instance,
  enis: readonly ShownNetworkInterface[],
): XmlFields {
  const first = enis.find((eni) => eni.attachment?.deviceIndex === 0);
  return {
    instanceId: instance.instanceId,
    instanceType: instance.instanceType,
    instanceState: { code: stateCodes[instance.state], name: instance.state },
    vpcId: first?.vpcId,
    subnetId: first?.subnetId,
    privateIpAddress: first?.privateIpAddresses.find((one) => one.primary)?.privateIpAddress,
    networkInterfaceSet: enis.map(instanceNetworkInterfaceFields),
    tagSet: tagSet(instance.tags),
  };
}
