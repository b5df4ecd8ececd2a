import { action, actionWithoutDryRun, present, type Action } from './action.ts';
import { flag, integer, list, oneOf, optional, struct, text } from './decode-parameters.ts';
import { attachmentIdOf } from './encode-resources.ts';
import { tagsFor, tagSpecification } from './new-resource.ts';
import { refuse } from './refusal.ts';

const done = { return: true } as const;

export const assignPrivateIpAddresses: Action = actionWithoutDryRun(
  {
    NetworkInterfaceId: text,
    PrivateIpAddress: optional(list(text)),
    SecondaryPrivateIpAddressCount: optional(integer(1, 1000)),
    Ipv4Prefix: optional(list(text)),
    Ipv4PrefixCount: optional(integer(1, 1000)),
    AllowReassignment: optional(flag),
  },
  async (ec2, input) => {
    const { NetworkInterfaceId: networkInterfaceId } = input;
    const { assignedPrivateIpAddresses, assignedIpv4Prefixes = [] } =
      await ec2.assignPrivateIpAddresses({
        networkInterfaceId,
        ...present({
          privateIpAddresses: input.PrivateIpAddress,
          secondaryPrivateIpAddressCount: input.SecondaryPrivateIpAddressCount,
          ipv4Prefixes: input.Ipv4Prefix,
          ipv4PrefixCount: input.Ipv4PrefixCount,
          allowReassignment: input.AllowReassignment,
        }),
      });
    return {
      networkInterfaceId,
      assignedPrivateIpAddressesSet: assignedPrivateIpAddresses.map((privateIpAddress) => ({
        privateIpAddress,
      })),
      assignedIpv4PrefixSet: assignedIpv4Prefixes.map((ipv4Prefix) => ({ ipv4Prefix })),
      ...done,
    };
  },
);

export const unassignPrivateIpAddresses: Action = actionWithoutDryRun(
  {
    NetworkInterfaceId: text,
    PrivateIpAddress: optional(list(text)),
    Ipv4Prefix: optional(list(text)),
  },
  async (ec2, input) => {
    await ec2.unassignPrivateIpAddresses({
      networkInterfaceId: input.NetworkInterfaceId,
      ...present({ privateIpAddresses: input.PrivateIpAddress, ipv4Prefixes: input.Ipv4Prefix }),
    });
    return done;
  },
);

export const assignIpv6Addresses: Action = actionWithoutDryRun(
  {
    NetworkInterfaceId: text,
    Ipv6Addresses: optional(list(text)),
    Ipv6AddressCount: optional(integer(1, 1000)),
    Ipv6Prefix: optional(list(text)),
    Ipv6PrefixCount: optional(integer(1, 1000)),
  },
  async (ec2, { NetworkInterfaceId: networkInterfaceId, ...asked }) => {
    const { assignedIpv6Addresses, assignedIpv6Prefixes = [] } = await ec2.assignIpv6Addresses({
      networkInterfaceId,
      ...present({
        ipv6Addresses: asked.Ipv6Addresses,
        ipv6AddressCount: asked.Ipv6AddressCount,
        ipv6Prefixes: asked.Ipv6Prefix,
        ipv6PrefixCount: asked.Ipv6PrefixCount,
      }),
    });
    const assignedIpv6PrefixSet = assignedIpv6Prefixes;
    return { networkInterfaceId, assignedIpv6Addresses, assignedIpv6PrefixSet };
  },
);

export const unassignIpv6Addresses: Action = actionWithoutDryRun(
  {
    NetworkInterfaceId: text,
    Ipv6Addresses: optional(list(text)),
    Ipv6Prefix: optional(list(text)),
  },
  async (ec2, input) => {
    const { NetworkInterfaceId: networkInterfaceId, Ipv6Addresses, Ipv6Prefix } = input;
    const gone = present({ ipv6Addresses: Ipv6Addresses, ipv6Prefixes: Ipv6Prefix });
    await ec2.unassignIpv6Addresses({ networkInterfaceId, ...gone });
    return {
      networkInterfaceId,
      unassignedIpv6Addresses: Ipv6Addresses ?? [],
      unassignedIpv6PrefixSet: Ipv6Prefix ?? [],
    };
  },
);

export const associateAddress: Action = action(
  'AssociateAddress',
  {
    AllocationId: text,
    NetworkInterfaceId: text,
    PrivateIpAddress: optional(text),
    AllowReassociation: optional(flag),
  },
  async (ec2, input) => {
    const { associationId } = await ec2.associateAddress({
      allocationId: input.AllocationId,
      networkInterfaceId: input.NetworkInterfaceId,
      ...present({
        privateIpAddress: input.PrivateIpAddress,
        allowReassociation: input.AllowReassociation,
      }),
    });
    return { ...done, associationId };
  },
);

export const disassociateAddress: Action = action(
  'DisassociateAddress',
  { AssociationId: text },
  async (ec2, { AssociationId: associationId }) => {
    await ec2.disassociateAddress({ associationId });
    return done;
  },
);

export const allocateAddress: Action = action(
  'AllocateAddress',
  {
    Domain: optional(oneOf('vpc')),
    Address: optional(text),
    NetworkBorderGroup: optional(text),
    TagSpecification: tagSpecification,
  },
  async (ec2, { Address: publicIp, NetworkBorderGroup: networkBorderGroup, TagSpecification }) => {
    const given = Object.entries(tagsFor('elastic-ip', TagSpecification));
    const tags = given.map(([key, value]) => ({ key, value }));
    const asked = present({ publicIp, networkBorderGroup });
    const address = await ec2.allocateTaggedAddress({ ...asked, tags });
    return { ...address, domain: 'vpc' };
  },
);

export const releaseAddress: Action = action(
  'ReleaseAddress',
  { AllocationId: text, NetworkBorderGroup: optional(text) },
  async (ec2, { AllocationId: allocationId, NetworkBorderGroup: networkBorderGroup }) => {
    await ec2.releaseAddress({ allocationId, ...present({ networkBorderGroup }) });
    return done;
  },
);

export const modifyNetworkInterfaceAttribute: Action = action(
  'ModifyNetworkInterfaceAttribute',
  {
    NetworkInterfaceId: text,
    SourceDestCheck: optional(struct({ Value: flag })),
    SecurityGroupId: optional(list(text)),
    Description: optional(struct({ Value: text })),
    Attachment: optional(struct({ AttachmentId: text, DeleteOnTermination: flag })),
  },
  async (ec2, { NetworkInterfaceId: networkInterfaceId, ...attributes }) => {
    const { SourceDestCheck, SecurityGroupId, Description, Attachment } = attributes;
    if (Object.values(attributes).filter((value) => value !== undefined).length !== 1) {
      return refuse('InvalidParameterCombination', 'One attribute is modified at a time.');
    }
    if (
      Attachment !== undefined &&
      Attachment.AttachmentId !== attachmentIdOf(networkInterfaceId)
    ) {
      const { AttachmentId } = Attachment;
      return refuse('InvalidAttachmentID.NotFound', `There is no attachment '${AttachmentId}'`);
    }
    if (SecurityGroupId !== undefined) {
      ec2.setSecurityGroups({ networkInterfaceId, groupIds: SecurityGroupId });
    } else if (Description !== undefined) {
      ec2.modifyNetworkInterface({ networkInterfaceId, description: Description.Value });
    } else if (Attachment !== undefined) {
      const { DeleteOnTermination: deleteOnTermination } = Attachment;
      ec2.modifyNetworkInterface({ networkInterfaceId, deleteOnTermination });
    } else if (SourceDestCheck !== undefined) {
      const sourceDestCheck = SourceDestCheck.Value;
      await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck });
    }
    return done;
  },
);

export const modifyPublicIpDnsNameOptions: Action = actionWithoutDryRun(
  {
    NetworkInterfaceId: text,
    HostnameType: oneOf(
      'public-dual-stack-dns-name',
      'public-ipv4-dns-name',
      'public-ipv6-dns-name',
    ),
  },
  async (ec2, { NetworkInterfaceId: networkInterfaceId, HostnameType: publicHostnameType }) => {
    ec2.modifyNetworkInterface({ networkInterfaceId, publicHostnameType });
    return { successful: true };
  },
);

export const createTags: Action = action(
  'CreateTags',
  {
    ResourceId: list(text),
    Tag: list(struct({ Key: text, Value: optional(text) })),
  },
  async (ec2, { ResourceId: resources, Tag }) => {
    const tags = Tag.map(({ Key, Value }) => ({ key: Key, value: Value ?? '' }));
    await ec2.createTags({ resources, tags });
    return done;
  },
);

/** A tag without a value goes whatever its value; no tags at all means every tag. */
export const deleteTags: Action = action(
  'DeleteTags',
  {
    ResourceId: list(text),
    Tag: optional(list(struct({ Key: text, Value: optional(text) }))),
  },
  async (ec2, { ResourceId: resources, Tag }) => {
    const tags = Tag?.map(({ Key, Value }) => present({ key: Key, value: Value }));
    await ec2.deleteTags({ resources, ...present({ tags }) });
    return done;
  },
);
