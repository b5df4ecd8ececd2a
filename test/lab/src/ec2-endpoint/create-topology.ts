import type { SimulatedEc2 } from '@truetuple/core/testing';
import { actionWithoutDryRun, present, type Action } from './action.ts';
import { flag, integer, list, oneOf, optional, text } from './decode-parameters.ts';
import {
  attachmentIdOf,
  ipv6CidrSet,
  networkInterfaceFields,
  routeTableFields,
  subnetFields,
  tableAssociationIdOf,
} from './encode-resources.ts';
import { once, tagSetOf, tagsFor, tagSpecification } from './new-resource.ts';
import { refuse } from './refusal.ts';

const done = { return: true } as const;

export const createVpc: Action = actionWithoutDryRun(
  {
    CidrBlock: text,
    Ipv6CidrBlock: optional(text),
    AmazonProvidedIpv6CidrBlock: optional(flag),
    TagSpecification: tagSpecification,
  },
  async (ec2, input) => {
    const tags = tagsFor('vpc', input.TagSpecification);
    const {
      CidrBlock: cidr,
      Ipv6CidrBlock,
      AmazonProvidedIpv6CidrBlock: isProvided = false,
    } = input;
    if (isProvided && Ipv6CidrBlock !== undefined) {
      refuse(
        'InvalidParameterCombination',
        'The parameters Ipv6CidrBlock and AmazonProvidedIpv6CidrBlock exclude each other.',
      );
    }
    const ipv6Cidr = isProvided ? freeIpv6Block(ec2) : Ipv6CidrBlock;
    const { vpcId } = ec2.createVpc({ cidr, ipv6Cidr, tags });
    const cidrBlock = ec2.snapshot().vpcs.find((vpc) => vpc.vpcId === vpcId)?.cidr;
    const ipv6CidrBlockAssociationSet = ipv6CidrSet(ipv6Cidr);
    const made = { vpcId, state: 'available', cidrBlock, ipv6CidrBlockAssociationSet };
    return { vpc: { ...made, tagSet: tagSetOf(tags) } };
  },
);

/** A /56, as Amazon gives one, of the addresses for documentation (RFC 3849). */
function freeIpv6Block(ec2: SimulatedEc2): string {
  const taken = new Set(ec2.snapshot().vpcs.map((vpc) => vpc.ipv6Cidr));
  const blocks = Array.from(
    { length: 255 },
    (_, at) => `2001:db8:ffff:${(0xff00 - (at << 8)).toString(16)}::/56`,
  );
  return (
    blocks.find((block) => !taken.has(block)) ??
    refuse('InsufficientCidrBlocks', 'There are not enough IPv6 CIDR blocks.')
  );
}

/** With what EC2 puts into it: a gateway, a route to it, and a subnet; EC2 makes one in each availability zone. */
export const createDefaultVpc: Action = actionWithoutDryRun({}, async (ec2) => {
  const cidrBlock = '172.31.0.0/16';
  const { vpcId, mainRouteTableId } = ec2.createVpc({ cidr: cidrBlock, isDefault: true });
  const { internetGatewayId: gatewayId } = ec2.createInternetGateway({ vpcId });
  const destinationCidrBlock = '0.0.0.0/0';
  ec2.createGatewayRoute({ routeTableId: mainRouteTableId, destinationCidrBlock, gatewayId });
  ec2.createSubnet({ vpcId, cidr: '172.31.0.0/20' });
  return { vpc: { vpcId, state: 'available', cidrBlock, isDefault: true } };
});

export const createSubnet: Action = actionWithoutDryRun(
  {
    VpcId: text,
    CidrBlock: text,
    AvailabilityZone: optional(text),
    Ipv6CidrBlock: optional(text),
    TagSpecification: tagSpecification,
  },
  async (ec2, input) => {
    const { VpcId: vpcId, CidrBlock: cidr, Ipv6CidrBlock: ipv6Cidr } = input;
    const { subnetId } = ec2.createSubnet({
      vpcId,
      cidr,
      ipv6Cidr,
      availabilityZone: input.AvailabilityZone,
      tags: tagsFor('subnet', input.TagSpecification),
    });
    const made = ec2.snapshot().subnets.find((one) => one.subnetId === subnetId);
    return { subnet: made && subnetFields(made) };
  },
);

export const createSubnetCidrReservation: Action = actionWithoutDryRun(
  { SubnetId: text, Cidr: text, ReservationType: oneOf('explicit', 'prefix') },
  async (ec2, { SubnetId: subnetId, Cidr: cidr, ReservationType: reservationType }) => {
    const reservation = ec2.createSubnetCidrReservation({ subnetId, cidr, reservationType });
    return { subnetCidrReservation: { ...reservation, subnetId } };
  },
);

export const createInternetGateway: Action = actionWithoutDryRun(
  { TagSpecification: tagSpecification },
  async (ec2, input) => {
    const tags = tagsFor('internet-gateway', input.TagSpecification);
    const { internetGatewayId } = ec2.createInternetGateway({ tags });
    return { internetGateway: { internetGatewayId, tagSet: tagSetOf(tags) } };
  },
);

export const attachInternetGateway: Action = actionWithoutDryRun(
  { InternetGatewayId: text, VpcId: text },
  async (ec2, { InternetGatewayId: internetGatewayId, VpcId: vpcId }) => {
    ec2.attachInternetGateway({ internetGatewayId, vpcId });
    return done;
  },
);

export const createRouteTable: Action = actionWithoutDryRun(
  { VpcId: text, TagSpecification: tagSpecification, ClientToken: optional(text) },
  async (ec2, input) =>
    once(ec2, { action: 'CreateRouteTable', input }, () => {
      const tags = tagsFor('route-table', input.TagSpecification);
      const { routeTableId } = ec2.createRouteTable({ vpcId: input.VpcId, tags });
      const all = ec2.snapshot().routeTables;
      const table = all.find((each) => each.routeTableId === routeTableId);
      return { routeTable: table && routeTableFields(table, false) };
    }),
);

export const associateRouteTable: Action = actionWithoutDryRun(
  { RouteTableId: text, SubnetId: text },
  async (ec2, { RouteTableId: routeTableId, SubnetId: subnetId }) => {
    ec2.associateRouteTable({ routeTableId, subnetId });
    const associationId = tableAssociationIdOf(subnetId);
    return { associationId, associationState: { state: 'associated' } };
  },
);

export const createNetworkInterface: Action = actionWithoutDryRun(
  {
    SubnetId: text,
    PrivateIpAddress: optional(text),
    Description: optional(text),
    SecurityGroupId: optional(list(text)),
    TagSpecification: tagSpecification,
    ClientToken: optional(text),
  },
  async (ec2, input) =>
    once(ec2, { action: 'CreateNetworkInterface', input }, () => {
      const { networkInterfaceId } = ec2.createNetworkInterface({
        subnetId: input.SubnetId,
        tags: tagsFor('network-interface', input.TagSpecification),
        ...present({ privateIpAddress: input.PrivateIpAddress, description: input.Description }),
      });
      const { SecurityGroupId: groupIds } = input;
      if (groupIds !== undefined) ec2.setSecurityGroups({ networkInterfaceId, groupIds });
      const all = ec2.snapshot().networkInterfaces;
      const eni = all.find((each) => each.networkInterfaceId === networkInterfaceId);
      return { networkInterface: eni && networkInterfaceFields(eni) };
    }),
);

export const attachNetworkInterface: Action = actionWithoutDryRun(
  { NetworkInterfaceId: text, InstanceId: text, DeviceIndex: integer(0, 15) },
  async (ec2, input) => {
    const { NetworkInterfaceId: networkInterfaceId, InstanceId, DeviceIndex } = input;
    ec2.attachNetworkInterface({
      networkInterfaceId,
      instanceId: InstanceId,
      deviceIndex: DeviceIndex,
    });
    return { attachmentId: attachmentIdOf(networkInterfaceId), networkCardIndex: 0 };
  },
);

export const detachNetworkInterface: Action = actionWithoutDryRun(
  { AttachmentId: text },
  async (ec2, { AttachmentId }) => {
    const eni = ec2
      .snapshot()
      .networkInterfaces.find(
        (each) =>
          each.attachment !== undefined && attachmentIdOf(each.networkInterfaceId) === AttachmentId,
      );
    if (eni === undefined) {
      return refuse(
        'InvalidAttachmentID.NotFound',
        `The attachment '${AttachmentId}' does not exist`,
      );
    }
    ec2.detachNetworkInterface({ networkInterfaceId: eni.networkInterfaceId });
    return done;
  },
);

export const deleteNetworkInterface: Action = actionWithoutDryRun(
  { NetworkInterfaceId: text },
  async (ec2, { NetworkInterfaceId: networkInterfaceId }) => {
    const all = ec2.snapshot().networkInterfaces;
    const eni = all.find((each) => each.networkInterfaceId === networkInterfaceId);
    if (eni?.attachment !== undefined) {
      return refuse(
        'InvalidParameterValue',
        `Network interface '${networkInterfaceId}' is currently in use.`,
      );
    }
    ec2.deleteNetworkInterface({ networkInterfaceId });
    return done;
  },
);
