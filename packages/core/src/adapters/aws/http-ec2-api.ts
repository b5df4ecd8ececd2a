import type { Ec2Api } from '../../cloud/ec2-api.ts';
import { ec2CallErrorFrom } from './ec2-call-error-from.ts';
import { connectEc2, type CallEc2, type HttpEc2Options } from './ec2-connection.ts';
import { reads, understood } from './http-reads.ts';
import { listOf, type Parameters } from './query-protocol.ts';
import { fieldsOf, required } from './read-answers.ts';
import { itemsOf } from './xml.ts';

/**
 * EC2 over HTTPS. AllowReassociation and AllowReassignment go out as `false` with every call: EC2's defaults take addresses
 * from others. Answers are read whole, all pages; failures become Ec2CallErrors, except an abort, which stays what it is.
 */
export function httpEc2Api(options: HttpEc2Options): Ec2Api {
  const call = connectEc2(options);
  return { ...reads(call), ...interfaceWrites(call), ...addressWrites(call), ...routeWrites(call) };
}

function tagsOf(
  at: string,
  tags: readonly { readonly key: string; readonly value: string }[],
): Parameters {
  const each = tags.map(({ key, value }, index) => ({
    [`${at}Tag.${index + 1}.Key`]: key,
    [`${at}Tag.${index + 1}.Value`]: value,
  }));
  return Object.assign({}, ...each) as Parameters;
}

function interfaceWrites(call: CallEc2) {
  return {
    assignPrivateIpAddresses: async ({ networkInterfaceId, privateIpAddresses }, options) => {
      const action = 'AssignPrivateIpAddresses';
      const parameters = {
        NetworkInterfaceId: networkInterfaceId,
        ...listOf('PrivateIpAddress', privateIpAddresses),
        AllowReassignment: 'false',
      };
      const answer = await call(action, parameters, options?.signal);
      const list = 'assignedPrivateIpAddressesSet';
      return { assignedPrivateIpAddresses: fieldsOf(answer, list, 'privateIpAddress') };
    },
    unassignPrivateIpAddresses: async ({ networkInterfaceId, privateIpAddresses }, options) => {
      const parameters = {
        NetworkInterfaceId: networkInterfaceId,
        ...listOf('PrivateIpAddress', privateIpAddresses),
      };
      await call('UnassignPrivateIpAddresses', parameters, options?.signal);
    },
    assignIpv6Addresses: async ({ networkInterfaceId, ipv6Addresses }, options) => {
      const parameters = {
        NetworkInterfaceId: networkInterfaceId,
        ...listOf('Ipv6Addresses', ipv6Addresses),
      };
      const answer = await call('AssignIpv6Addresses', parameters, options?.signal);
      const assigned = itemsOf(answer, 'assignedIpv6Addresses').map(({ text }) => text);
      return { assignedIpv6Addresses: assigned };
    },
    unassignIpv6Addresses: async ({ networkInterfaceId, ipv6Addresses }, options) => {
      const parameters = {
        NetworkInterfaceId: networkInterfaceId,
        ...listOf('Ipv6Addresses', ipv6Addresses),
      };
      await call('UnassignIpv6Addresses', parameters, options?.signal);
    },
    setSourceDestCheck: async ({ networkInterfaceId, sourceDestCheck }, options) => {
      const parameters = {
        NetworkInterfaceId: networkInterfaceId,
        'SourceDestCheck.Value': String(sourceDestCheck),
      };
      await call('ModifyNetworkInterfaceAttribute', parameters, options?.signal);
    },
  } satisfies Partial<Ec2Api>;
}

function addressWrites(
  call: CallEc2,
): Pick<
  Ec2Api,
  'allocateTaggedAddress' | 'associateAddress' | 'disassociateAddress' | 'createTags' | 'deleteTags'
> {
  return {
    allocateTaggedAddress: async ({ tags }, options) => {
      const action = 'AllocateAddress';
      const at = 'TagSpecification.1.';
      // an untagged address would be nobody's
      if (tags.length === 0) {
        throw ec2CallErrorFrom(new Error('an Elastic IP is allocated with tags only'), action);
      }
      const parameters = {
        Domain: 'vpc',
        [`${at}ResourceType`]: 'elastic-ip',
        ...tagsOf(at, tags),
      };
      const answer = await call(action, parameters, options?.signal);
      return understood(action, () => ({
        allocationId: required(answer, 'allocationId'),
        publicIp: required(answer, 'publicIp'),
      }));
    },
    associateAddress: async ({ allocationId, networkInterfaceId, privateIpAddress }, options) => {
      const action = 'AssociateAddress';
      const parameters = {
        AllocationId: allocationId,
        NetworkInterfaceId: networkInterfaceId,
        PrivateIpAddress: privateIpAddress,
        AllowReassociation: 'false',
      };
      const answer = await call(action, parameters, options?.signal);
      return understood(action, () => ({ associationId: required(answer, 'associationId') }));
    },
    disassociateAddress: async ({ associationId }, options) => {
      await call('DisassociateAddress', { AssociationId: associationId }, options?.signal);
    },
    createTags: async ({ resources, tags }, options) => {
      const parameters = { ...listOf('ResourceId', resources), ...tagsOf('', tags) };
      await call('CreateTags', parameters, options?.signal);
    },
    deleteTags: async ({ resources, tags }, options) => {
      // without tags EC2 would delete every tag of the resources
      if (tags.length === 0) return;
      const parameters = { ...listOf('ResourceId', resources), ...tagsOf('', tags) };
      await call('DeleteTags', parameters, options?.signal);
    },
  };
}

function routeWrites(call: CallEc2): Pick<Ec2Api, 'createRoute' | 'replaceRoute' | 'deleteRoute'> {
  return {
    createRoute: async ({ routeTableId, destinationCidrBlock, networkInterfaceId }, options) => {
      const parameters = {
        RouteTableId: routeTableId,
        DestinationCidrBlock: destinationCidrBlock,
        NetworkInterfaceId: networkInterfaceId,
      };
      await call('CreateRoute', parameters, options?.signal);
    },
    replaceRoute: async ({ routeTableId, destinationCidrBlock, networkInterfaceId }, options) => {
      const parameters = {
        RouteTableId: routeTableId,
        DestinationCidrBlock: destinationCidrBlock,
        NetworkInterfaceId: networkInterfaceId,
      };
      await call('ReplaceRoute', parameters, options?.signal);
    },
    deleteRoute: async ({ routeTableId, destinationCidrBlock }, options) => {
      const parameters = { RouteTableId: routeTableId, DestinationCidrBlock: destinationCidrBlock };
      await call('DeleteRoute', parameters, options?.signal);
    },
  };
}
