import type * as Ec2Sdk from '@aws-sdk/client-ec2';
import type { CallOptions, Ec2Api, Filter } from '../../cloud/ec2-api.ts';
import { callErrorOf } from './call-error-of.ts';
import { readElasticIp, readNetworkInterface, readRouteTable } from './read-answer.ts';

type Sdk = typeof Ec2Sdk;

export interface SdkEc2Options {
  readonly region: string;
  /** Default: the region's own endpoint, or AWS_ENDPOINT_URL_EC2, which the SDK reads. */
  readonly endpoint?: string;
  /** Default: the SDK's own chain. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Tries of one call, the first included; the SDK repeats only what is safe to repeat. Default 3. */
  readonly maxAttempts?: number;
  /** Time for a TCP connection; default 3,000. */
  readonly connectionTimeoutMs?: number;
  /** Time for the answer; default 15,000. */
  readonly requestTimeoutMs?: number;
}

interface Opened {
  readonly sdk: Sdk;
  readonly client: Ec2Sdk.EC2Client;
}

type SendOptions = { readonly abortSignal?: AbortSignal };

/** Ec2Api over the unmodified @aws-sdk/client-ec2, which is loaded on the first call. */
export function sdkEc2Api(options: SdkEc2Options): Ec2Api {
  let opening: Promise<Opened> | undefined;
  const call = async <T>(
    action: string,
    given: CallOptions | undefined,
    send: (opened: Opened, how: SendOptions) => Promise<T>,
  ): Promise<T> => {
    try {
      opening ??= openClient(options);
      const how = given?.signal === undefined ? {} : { abortSignal: given.signal };
      return await send(await opening, how);
    } catch (error) {
      throw callErrorOf(action, error);
    }
  };
  return { ...describeCalls(call), ...addressCalls(call), ...routeAndTagCalls(call) };
}

type Call = <T>(
  action: string,
  given: CallOptions | undefined,
  send: (opened: Opened, how: SendOptions) => Promise<T>,
) => Promise<T>;

async function openClient(options: SdkEc2Options): Promise<Opened> {
  const sdk = await import('@aws-sdk/client-ec2');
  const { endpoint, credentials } = options;
  const client = new sdk.EC2Client({
    region: options.region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials: { ...credentials } }),
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? 3000,
      requestTimeout: options.requestTimeoutMs ?? 15_000,
      throwOnRequestTimeout: true,
    },
  });
  return { sdk, client };
}

type DescribeCalls = Pick<
  Ec2Api,
  'describeNetworkInterfaces' | 'describeAddresses' | 'describeRouteTables'
>;

function describeCalls(call: Call): DescribeCalls {
  return {
    describeNetworkInterfaces: (input, given) =>
      call('DescribeNetworkInterfaces', given, async ({ sdk, client }, how) => {
        const query = {
          ...(input.networkInterfaceIds === undefined
            ? { MaxResults: 1000 }
            : { NetworkInterfaceIds: [...input.networkInterfaceIds] }),
          ...filtersOf(input.filters),
        };
        const found = [];
        for await (const page of sdk.paginateDescribeNetworkInterfaces({ client }, query, how)) {
          found.push(...(page.NetworkInterfaces ?? []).map(readNetworkInterface));
        }
        return found;
      }),
    describeAddresses: (input, given) =>
      call('DescribeAddresses', given, async ({ sdk, client }, how) => {
        const answer = await client.send(
          new sdk.DescribeAddressesCommand({
            ...(input.allocationIds === undefined
              ? {}
              : { AllocationIds: [...input.allocationIds] }),
            ...filtersOf(input.filters),
          }),
          how,
        );
        return (answer.Addresses ?? []).map(readElasticIp);
      }),
    describeRouteTables: (input, given) =>
      call('DescribeRouteTables', given, async ({ sdk, client }, how) => {
        const query = {
          ...(input.routeTableIds === undefined
            ? { MaxResults: 100 }
            : { RouteTableIds: [...input.routeTableIds] }),
          ...filtersOf(input.filters),
        };
        const found = [];
        for await (const page of sdk.paginateDescribeRouteTables({ client }, query, how)) {
          found.push(...(page.RouteTables ?? []).map(readRouteTable));
        }
        return found;
      }),
  };
}

type AddressCalls = Pick<
  Ec2Api,
  | 'assignPrivateIpAddresses'
  | 'unassignPrivateIpAddresses'
  | 'associateAddress'
  | 'disassociateAddress'
  | 'setSourceDestCheck'
>;

function addressCalls(call: Call): AddressCalls {
  return {
    assignPrivateIpAddresses: (input, given) =>
      call('AssignPrivateIpAddresses', given, async ({ sdk, client }, how) => {
        const request = {
          NetworkInterfaceId: input.networkInterfaceId,
          PrivateIpAddresses: [...input.privateIpAddresses],
          // EC2's default moves an address away from whoever has it, and its Elastic IP with it
          AllowReassignment: false,
        };
        const answer = await client.send(new sdk.AssignPrivateIpAddressesCommand(request), how);
        return {
          assignedPrivateIpAddresses: (answer.AssignedPrivateIpAddresses ?? []).flatMap(
            ({ PrivateIpAddress }) => (PrivateIpAddress === undefined ? [] : [PrivateIpAddress]),
          ),
        };
      }),
    unassignPrivateIpAddresses: (input, given) =>
      call('UnassignPrivateIpAddresses', given, async ({ sdk, client }, how) => {
        const request = {
          NetworkInterfaceId: input.networkInterfaceId,
          PrivateIpAddresses: [...input.privateIpAddresses],
        };
        await client.send(new sdk.UnassignPrivateIpAddressesCommand(request), how);
      }),
    associateAddress: (input, given) =>
      call('AssociateAddress', given, async ({ sdk, client }, how) => {
        const request = {
          AllocationId: input.allocationId,
          NetworkInterfaceId: input.networkInterfaceId,
          PrivateIpAddress: input.privateIpAddress,
          // without it EC2 takes the address away from its holder: this is the lock
          AllowReassociation: false,
        };
        const answer = await client.send(new sdk.AssociateAddressCommand(request), how);
        return { associationId: answer.AssociationId ?? '' };
      }),
    disassociateAddress: (input, given) =>
      call('DisassociateAddress', given, async ({ sdk, client }, how) => {
        const request = { AssociationId: input.associationId };
        await client.send(new sdk.DisassociateAddressCommand(request), how);
      }),
    setSourceDestCheck: (input, given) =>
      call('ModifyNetworkInterfaceAttribute', given, async ({ sdk, client }, how) => {
        const request = {
          NetworkInterfaceId: input.networkInterfaceId,
          SourceDestCheck: { Value: input.sourceDestCheck },
        };
        await client.send(new sdk.ModifyNetworkInterfaceAttributeCommand(request), how);
      }),
  };
}

type RouteAndTagCalls = Pick<
  Ec2Api,
  'createRoute' | 'replaceRoute' | 'deleteRoute' | 'createTags' | 'deleteTags'
>;

function routeAndTagCalls(call: Call): RouteAndTagCalls {
  return {
    createRoute: (input, given) =>
      call('CreateRoute', given, async ({ sdk, client }, how) => {
        await client.send(new sdk.CreateRouteCommand(routeOf(input)), how);
      }),
    replaceRoute: (input, given) =>
      call('ReplaceRoute', given, async ({ sdk, client }, how) => {
        await client.send(new sdk.ReplaceRouteCommand(routeOf(input)), how);
      }),
    deleteRoute: (input, given) =>
      call('DeleteRoute', given, async ({ sdk, client }, how) => {
        const key = {
          RouteTableId: input.routeTableId,
          DestinationCidrBlock: input.destinationCidrBlock,
        };
        await client.send(new sdk.DeleteRouteCommand(key), how);
      }),
    createTags: (input, given) =>
      call('CreateTags', given, async ({ sdk, client }, how) => {
        await client.send(new sdk.CreateTagsCommand(tagsOf(input)), how);
      }),
    deleteTags: (input, given) =>
      call('DeleteTags', given, async ({ sdk, client }, how) => {
        await client.send(new sdk.DeleteTagsCommand(tagsOf(input)), how);
      }),
  };
}

function filtersOf(filters: readonly Filter[] = []): {
  Filters?: { Name: string; Values: string[] }[];
} {
  if (filters.length === 0) return {};
  return { Filters: filters.map(({ name, values }) => ({ Name: name, Values: [...values] })) };
}

function routeOf(input: Parameters<Ec2Api['createRoute']>[0]): {
  RouteTableId: string;
  DestinationCidrBlock: string;
  NetworkInterfaceId: string;
} {
  return {
    RouteTableId: input.routeTableId,
    DestinationCidrBlock: input.destinationCidrBlock,
    NetworkInterfaceId: input.networkInterfaceId,
  };
}

function tagsOf(input: Parameters<Ec2Api['createTags']>[0]): {
  Resources: string[];
  Tags: { Key: string; Value: string }[];
} {
  return {
    Resources: [...input.resources],
    Tags: input.tags.map(({ key, value }) => ({ Key: key, Value: value })),
  };
}
