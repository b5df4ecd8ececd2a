import {
  isNitro,
  networkInterfacesOf,
  privateIpsOf,
  simulatedInstanceTypes,
  type Ec2Snapshot,
} from '@truetuple/core/testing';
import { actionWithoutDryRun, type Action } from './action.ts';
import { list, optional, text } from './decode-parameters.ts';
import { select } from './describe-topology.ts';
import { accountId, tagSet } from './encode-resources.ts';
import { filterShown, type ShownFields } from './filter-shown.ts';
import { filters, pageFor, pageParameters } from './parameters.ts';

type InternetGateway = Ec2Snapshot['internetGateways'][number];
type Reservation = Ec2Snapshot['subnets'][number]['reservations'][number];

const gatewayFields: ShownFields<InternetGateway> = {
  'internet-gateway-id': ({ internetGatewayId }) => [internetGatewayId],
  'attachment.vpc-id': ({ vpcId }) => [vpcId],
  'attachment.state': ({ vpcId }) => [vpcId && 'available'],
  'owner-id': () => [accountId],
};

export const describeInternetGateways: Action = actionWithoutDryRun(
  { InternetGatewayId: optional(list(text)), Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    const asked = select(
      ec2.snapshot().internetGateways,
      (gateway) => gateway.internetGatewayId,
      input.InternetGatewayId,
      'InvalidInternetGatewayID.NotFound',
    );
    const shown = filterShown(asked, gatewayFields, input.Filter);
    const page = pageFor(shown, (gateway) => gateway.internetGatewayId, input);
    const internetGatewaySet = page.items.map(({ internetGatewayId, vpcId, tags }) => ({
      internetGatewayId,
      ownerId: accountId,
      attachmentSet: vpcId === undefined ? [] : [{ vpcId, state: 'available' }],
      tagSet: tagSet(tags),
    }));
    return { internetGatewaySet, nextToken: page.nextToken };
  },
);

const reservationFields: ShownFields<Reservation & { readonly tags: [] }> = {
  reservationType: ({ reservationType }) => [reservationType],
};

/** Those of IPv4: the simulator has no others. */
export const getSubnetCidrReservations: Action = actionWithoutDryRun(
  { SubnetId: text, Filter: filters, ...pageParameters(1000) },
  async (ec2, input) => {
    const { SubnetId: subnetId } = input;
    const asked = select(
      ec2.snapshot().subnets,
      (subnet) => subnet.subnetId,
      [subnetId],
      'InvalidSubnetID.NotFound',
    );
    const all = asked.flatMap(({ reservations }) => reservations);
    const shown = filterShown(
      all.map((one) => ({ ...one, tags: [] as [] })),
      reservationFields,
      input.Filter,
    );
    const page = pageFor(shown, (one) => one.subnetCidrReservationId, input);
    const subnetIpv4CidrReservationSet = page.items.map(
      ({ subnetCidrReservationId, cidr, reservationType }) => ({
        subnetCidrReservationId,
        subnetId,
        cidr,
        reservationType,
        ownerId: accountId,
      }),
    );
    return { subnetIpv4CidrReservationSet, nextToken: page.nextToken };
  },
);

/** What is known of the types: how many interfaces they have, and how many addresses each. */
export const describeInstanceTypes: Action = actionWithoutDryRun(
  { InstanceType: optional(list(text)), Filter: filters, ...pageParameters(100) },
  async (_ec2, input) => {
    const all = simulatedInstanceTypes.map((instanceType) => ({ instanceType, tags: [] }));
    const asked = select(
      all,
      ({ instanceType }) => instanceType,
      input.InstanceType,
      'InvalidInstanceType',
    );
    const fields: ShownFields<(typeof all)[number]> = {
      'instance-type': ({ instanceType }) => [instanceType],
      hypervisor: ({ instanceType }) => [hypervisorOf(instanceType)],
    };
    const page = pageFor(
      filterShown(asked, fields, input.Filter),
      (one) => one.instanceType,
      input,
    );
    const instanceTypeSet = page.items.map(({ instanceType }) => ({
      instanceType,
      hypervisor: hypervisorOf(instanceType),
      networkInfo: {
        maximumNetworkInterfaces: networkInterfacesOf(instanceType),
        ipv4AddressesPerInterface: privateIpsOf(instanceType),
        ipv6AddressesPerInterface: privateIpsOf(instanceType),
        ipv6Supported: true,
      },
    }));
    return { instanceTypeSet, nextToken: page.nextToken };
  },
);

function hypervisorOf(instanceType: (typeof simulatedInstanceTypes)[number]): string {
  return isNitro(instanceType) ? 'nitro' : 'xen';
}
