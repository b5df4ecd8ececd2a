import type { Ec2Api, RouteToNetworkInterface, Tag } from '../../cloud/ec2/ec2-api.ts';
import type { Ec2PacketFilters } from '../../cloud/ec2/ec2-packet-filters.ts';
import { orAborted } from '../../cloud/ec2/share-reads.ts';
import { onDemand } from '../../on-demand.ts';
import { ec2CallErrorFrom, isClockCorrected, type SdkErrorFacts } from './ec2-call-error-from.ts';
import { readElasticIp, required } from './read-shapes.ts';
import { reads } from './sdk-reads.ts';
import { sendBy, type Connection, type Run, type Send } from './sdk-run.ts';

/** Which region is asked, as whom, and how long an answer may take. */
export interface SdkEc2Options {
  readonly region: string;
  /** Default: the region's own endpoint; AWS_ENDPOINT_URL_EC2 is read by the SDK. */
  readonly endpoint?: string;
  /** Default: the SDK's own chain: environment, IRSA, Pod Identity, instance metadata. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** Tries of one call, throttling and lost connections included; default 3. */
  readonly maxAttempts?: number;
  /** Default 3,000. */
  readonly connectionTimeoutMs?: number;
  /** Until the whole answer is there, and before that, until there are credentials; default 10,000. */
  readonly requestTimeoutMs?: number;
}

/**
 * EC2 through @aws-sdk/client-ec2, which is loaded at the first call. AllowReassociation and
 * AllowReassignment go out as `false` with every call: EC2's defaults take addresses from others. Answers
 * are read whole, all pages; failures become Ec2CallErrors, except an abort, which stays what it is.
 */
export function sdkEc2Api(options: SdkEc2Options): Ec2Api {
  let connecting: Promise<Connection> | undefined;
  let hasHadCredentials = false;
  const run: Run = async (action, call, act) => {
    const { signal, untilSent } = call ?? {};
    const abort = signal === undefined ? {} : { abortSignal: signal };
    const opening = (connecting ??= connect(options));
    let deadline: AbortSignal | undefined;
    try {
      const connection = await opening;
      // the SDK itself waits without end for a Pod Identity agent that is silent
      deadline = AbortSignal.timeout(options.requestTimeoutMs ?? 10_000);
      const { credentials } = connection.client.config;
      const asked = isAgentNamed()
        ? (await import('./requests-end-with.ts')).requestsEndWith(deadline, credentials)
        : credentials().catch(async (error: unknown) => {
            if (hasHadCredentials) throw error;
            return (await import('./ask-again.ts')).askAgain(credentials, error, [
              deadline,
              signal,
              untilSent,
            ]);
          });
      await orAborted(orAborted(asked, deadline), signal ?? untilSent);
      hasHadCredentials = true;
      return await act(connection, abort).catch((error: SdkErrorFacts) => {
        if (isClockCorrected(error)) return act(connection, abort);
        throw error;
      });
    } catch (error) {
      if (signal?.aborted === true || error === untilSent?.reason) throw error;
      // what was asked may be lost: the next call asks anew
      if (error === deadline?.reason && connecting === opening) connecting = undefined;
      const away = (hasHadCredentials || isAgentNamed()) && 'CredentialsAway';
      // given up by a call that waits beside this one: they have waited for the same
      const isGivenUp = connecting !== opening;
      throw ec2CallErrorFrom(error, action, isGivenUp ? 'CredentialsTimeout' : away);
    }
  };
  const send = sendBy(run);
  return {
    ...reads(run),
    ...packetFilterReads(run),
    ...interfaceWrites(run, send),
    ...addressWrites(run, send),
    ...routeWrites(run, send),
  };
}

/** True where EKS Pod Identity has told the container of its agent. The SDK's error does not tell one that is away from none. */
function isAgentNamed(): boolean {
  // oxlint-disable-next-line node/no-process-env -- the SDK reads it as well, here in place of whoever composes
  return process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] !== undefined;
}

/** Only verification asks for them. */
function packetFilterReads(run: Run): Ec2PacketFilters {
  const reading = onDemand(async () => {
    const late = await import('./sdk-packet-filters.ts');
    return late.packetFilterReads(run);
  });
  return {
    describeSecurityGroups: async (input, call) =>
      (await reading()).describeSecurityGroups(input, call),
    describeNetworkAcls: async (input, call) => (await reading()).describeNetworkAcls(input, call),
    getManagedPrefixListEntries: async (input, call) =>
      (await reading()).getManagedPrefixListEntries(input, call),
  };
}

async function connect(options: SdkEc2Options): Promise<Connection> {
  const sdk = await import('./ec2-commands.ts');
  const client = new sdk.EC2Client({
    region: options.region,
    maxAttempts: options.maxAttempts ?? 3,
    requestHandler: {
      connectionTimeout: options.connectionTimeoutMs ?? 3000,
      requestTimeout: options.requestTimeoutMs ?? 10_000,
      throwOnRequestTimeout: true,
    },
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
  });
  return { sdk, client };
}

function interfaceWrites(run: Run, send: Send) {
  return {
    assignPrivateIpAddresses: ({ networkInterfaceId, privateIpAddresses }, call) =>
      run('AssignPrivateIpAddresses', call, async ({ sdk, client }, options) => {
        const command = new sdk.AssignPrivateIpAddressesCommand({
          NetworkInterfaceId: networkInterfaceId,
          PrivateIpAddresses: [...privateIpAddresses],
          AllowReassignment: false,
        });
        const { AssignedPrivateIpAddresses = [], $metadata } = await client.send(command, options);
        // EC2 names what was new to the last try only: a try before it may have put them there, its answer lost
        if (($metadata.attempts ?? 1) > 1)
          return { assignedPrivateIpAddresses: privateIpAddresses };
        const assigned = AssignedPrivateIpAddresses.flatMap((one) => one.PrivateIpAddress ?? []);
        return { assignedPrivateIpAddresses: assigned };
      }),
    unassignPrivateIpAddresses: ({ networkInterfaceId, privateIpAddresses }, call) =>
      send(
        'UnassignPrivateIpAddresses',
        call,
        (sdk) =>
          new sdk.UnassignPrivateIpAddressesCommand({
            NetworkInterfaceId: networkInterfaceId,
            PrivateIpAddresses: [...privateIpAddresses],
          }),
      ),
    assignIpv6Addresses: ({ networkInterfaceId, ipv6Addresses }, call) =>
      run('AssignIpv6Addresses', call, async ({ sdk, client }, options) => {
        const command = new sdk.AssignIpv6AddressesCommand({
          NetworkInterfaceId: networkInterfaceId,
          Ipv6Addresses: [...ipv6Addresses],
        });
        const answer = await client.send(command, options);
        const { AssignedIpv6Addresses = [], NetworkInterfaceId, $metadata } = answer;
        required(NetworkInterfaceId, 'NetworkInterfaceId');
        const isFirst = ($metadata.attempts ?? 1) === 1;
        return { assignedIpv6Addresses: isFirst ? AssignedIpv6Addresses : ipv6Addresses };
      }),
    unassignIpv6Addresses: ({ networkInterfaceId, ipv6Addresses }, call) =>
      send(
        'UnassignIpv6Addresses',
        call,
        (sdk) =>
          new sdk.UnassignIpv6AddressesCommand({
            NetworkInterfaceId: networkInterfaceId,
            Ipv6Addresses: [...ipv6Addresses],
          }),
      ),
    setSourceDestCheck: ({ networkInterfaceId, sourceDestCheck }, call) =>
      send(
        'ModifyNetworkInterfaceAttribute',
        call,
        (sdk) =>
          new sdk.ModifyNetworkInterfaceAttributeCommand({
            NetworkInterfaceId: networkInterfaceId,
            SourceDestCheck: { Value: sourceDestCheck },
          }),
      ),
  } satisfies Partial<Ec2Api>;
}

function tagShapes(tags: readonly Tag[]) {
  return tags.map(({ key, value }) => ({ Key: key, Value: value }));
}

function addressWrites(
  run: Run,
  send: Send,
): Pick<
  Ec2Api,
  'allocateTaggedAddress' | 'associateAddress' | 'disassociateAddress' | 'createTags' | 'deleteTags'
> {
  return {
    allocateTaggedAddress: ({ tags, networkBorderGroup }, call) =>
      run('AllocateAddress', call, async ({ sdk, client }, options) => {
        // an untagged address would be nobody's
        if (tags.length === 0) throw new Error('an Elastic IP is allocated with tags only');
        const Tags = tagShapes(tags);
        const command = new sdk.AllocateAddressCommand({
          Domain: 'vpc',
          NetworkBorderGroup: networkBorderGroup,
          TagSpecifications: [{ ResourceType: 'elastic-ip', Tags }],
        });
        const { tags: _none, ...made } = readElasticIp(await client.send(command, options));
        return made;
      }),
    associateAddress: ({ allocationId, networkInterfaceId, privateIpAddress }, call) =>
      run('AssociateAddress', call, async ({ sdk, client }, options) => {
        const command = new sdk.AssociateAddressCommand({
          AllocationId: allocationId,
          NetworkInterfaceId: networkInterfaceId,
          PrivateIpAddress: privateIpAddress,
          AllowReassociation: false,
        });
        const { AssociationId } = await client.send(command, options);
        return { associationId: required(AssociationId, 'AssociationId') };
      }),
    disassociateAddress: ({ associationId }, call) =>
      send(
        'DisassociateAddress',
        call,
        (sdk) => new sdk.DisassociateAddressCommand({ AssociationId: associationId }),
      ),
    createTags: ({ resources, tags }, call) =>
      send(
        'CreateTags',
        call,
        (sdk) => new sdk.CreateTagsCommand({ Resources: [...resources], Tags: tagShapes(tags) }),
      ),
    deleteTags: async ({ resources, tags }, call) => {
      // without tags EC2 would delete every tag of the resources
      if (tags.length === 0) return;
      const Tags = tagShapes(tags);
      const Resources = [...resources];
      await send('DeleteTags', call, (sdk) => new sdk.DeleteTagsCommand({ Resources, Tags }));
    },
  };
}

function routeShape(route: RouteToNetworkInterface) {
  return {
    RouteTableId: route.routeTableId,
    DestinationCidrBlock: route.destinationCidrBlock,
    NetworkInterfaceId: route.networkInterfaceId,
  };
}

function routeWrites(
  run: Run,
  send: Send,
): Pick<Ec2Api, 'createRoute' | 'replaceRoute' | 'deleteRoute'> {
  return {
    createRoute: (route, call) =>
      run('CreateRoute', call, async ({ sdk, client }, options) => {
        const { Return } = await client.send(
          new sdk.CreateRouteCommand(routeShape(route)),
          options,
        );
        required(Return, 'Return');
      }),
    replaceRoute: (route, call) =>
      send('ReplaceRoute', call, (sdk) => new sdk.ReplaceRouteCommand(routeShape(route))),
    deleteRoute: ({ routeTableId, destinationCidrBlock }, call) =>
      send(
        'DeleteRoute',
        call,
        (sdk) =>
          new sdk.DeleteRouteCommand({
            RouteTableId: routeTableId,
            DestinationCidrBlock: destinationCidrBlock,
          }),
      ),
  };
}
