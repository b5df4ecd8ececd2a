// The unmodified AWS SDK and this adapter side by side: the same forms, the same signatures, the same endpoints.
import * as sdk from '@aws-sdk/client-ec2';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Ec2Api } from '../../cloud/ec2-api.ts';
import { httpEc2Api } from './http-ec2-api.ts';
import { awsEndpoint } from './aws-endpoint.ts';
import { signRequest } from './sign-request.ts';

interface Recorded {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const region = 'eu-central-1';
const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'a/b=' };
const recorded: Recorded[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (part: string) => (body += part));
  request.on('end', () => {
    recorded.push({ headers: request.headers, body });
    const action = new URLSearchParams(body).get('Action');
    response.end(
      `<${action}Response><allocationId>a</allocationId><publicIp>203.0.113.1</publicIp><associationId>b</associationId></${action}Response>`,
    );
  });
});
let endpoint = '';
let client: sdk.EC2Client;
let ours: Ec2Api;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new sdk.EC2Client({ region, endpoint, credentials });
  ours = httpEc2Api({ region, endpoint, credentials });
});

afterAll(async () => {
  client.destroy();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function requestOf(call: Promise<unknown>): Promise<Recorded> {
  recorded.length = 0;
  await call;
  const [only] = recorded;
  if (only === undefined || recorded.length > 1) throw new Error(`${recorded.length} requests`);
  return only;
}

const Filters = [{ Name: 'tag:a b', Values: ["x'(*)!~", 'ü&=+/'] }];
const filters = [{ name: 'tag:a b', values: ["x'(*)!~", 'ü&=+/'] }];
const Tags = [
  { Key: 'k', Value: 'a/b c' },
  { Key: 'l', Value: '' },
];
const tags = Tags.map(({ Key, Value }) => ({ key: Key, value: Value }));
const eni = 'eni-1';
const route = { routeTableId: 'rtb-1', destinationCidrBlock: '203.0.113.1/32' };
const Route = { RouteTableId: 'rtb-1', DestinationCidrBlock: '203.0.113.1/32' };
const privateIpAddresses = ['10.0.2.11', '10.0.2.12'];
const ipv6Addresses = ['2001:db8::1', '2001:db8::2'];
const claim = { allocationId: 'a-1', networkInterfaceId: eni, privateIpAddress: '10.0.2.11' };
const Claim = { AllocationId: 'a-1', NetworkInterfaceId: eni, PrivateIpAddress: '10.0.2.11' };

it.each<[name: string, theirs: () => Promise<unknown>, same: (ec2: Ec2Api) => Promise<unknown>]>([
  [
    'DescribeNetworkInterfaces by filters',
    () => client.send(new sdk.DescribeNetworkInterfacesCommand({ Filters, MaxResults: 1000 })),
    (ec2) => ec2.describeNetworkInterfaces({ filters }),
  ],
  [
    'DescribeNetworkInterfaces by ids',
    () => client.send(new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [eni] })),
    (ec2) => ec2.describeNetworkInterfaces({ networkInterfaceIds: [eni] }),
  ],
  [
    'DescribeAddresses',
    () => client.send(new sdk.DescribeAddressesCommand({ AllocationIds: ['a', 'b'], Filters })),
    (ec2) => ec2.describeAddresses({ allocationIds: ['a', 'b'], filters }),
  ],
  [
    'DescribeRouteTables',
    () => client.send(new sdk.DescribeRouteTablesCommand({ RouteTableIds: ['r'] })),
    (ec2) => ec2.describeRouteTables({ routeTableIds: ['r'] }),
  ],
  [
    'DescribeSecurityGroups',
    () => client.send(new sdk.DescribeSecurityGroupsCommand({ GroupIds: ['g'] })),
    (ec2) => ec2.describeSecurityGroups({ groupIds: ['g'] }),
  ],
  [
    'DescribeNetworkAcls',
    () => client.send(new sdk.DescribeNetworkAclsCommand({ NetworkAclIds: ['n'] })),
    (ec2) => ec2.describeNetworkAcls({ networkAclIds: ['n'] }),
  ],
  [
    'GetManagedPrefixListEntries',
    () =>
      client.send(
        new sdk.GetManagedPrefixListEntriesCommand({ PrefixListId: 'p', MaxResults: 100 }),
      ),
    (ec2) => ec2.getManagedPrefixListEntries({ prefixListId: 'p' }),
  ],
  [
    'AssignPrivateIpAddresses',
    () =>
      client.send(
        new sdk.AssignPrivateIpAddressesCommand({
          NetworkInterfaceId: eni,
          PrivateIpAddresses: privateIpAddresses,
          AllowReassignment: false,
        }),
      ),
    (ec2) =>
      ec2.assignPrivateIpAddresses({
        networkInterfaceId: eni,
        privateIpAddresses,
        allowReassignment: false,
      }),
  ],
  [
    'UnassignPrivateIpAddresses',
    () =>
      client.send(
        new sdk.UnassignPrivateIpAddressesCommand({
          NetworkInterfaceId: eni,
          PrivateIpAddresses: privateIpAddresses,
        }),
      ),
    (ec2) => ec2.unassignPrivateIpAddresses({ networkInterfaceId: eni, privateIpAddresses }),
  ],
  [
    'AssignIpv6Addresses',
    () =>
      client.send(
        new sdk.AssignIpv6AddressesCommand({
          NetworkInterfaceId: eni,
          Ipv6Addresses: ipv6Addresses,
        }),
      ),
    (ec2) => ec2.assignIpv6Addresses({ networkInterfaceId: eni, ipv6Addresses }),
  ],
  [
    'UnassignIpv6Addresses',
    () =>
      client.send(
        new sdk.UnassignIpv6AddressesCommand({
          NetworkInterfaceId: eni,
          Ipv6Addresses: ipv6Addresses,
        }),
      ),
    (ec2) => ec2.unassignIpv6Addresses({ networkInterfaceId: eni, ipv6Addresses }),
  ],
  [
    'ModifyNetworkInterfaceAttribute',
    () =>
      client.send(
        new sdk.ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId: eni,
          SourceDestCheck: { Value: false },
        }),
      ),
    (ec2) => ec2.setSourceDestCheck({ networkInterfaceId: eni, sourceDestCheck: false }),
  ],
  [
    'AllocateAddress',
    () =>
      client.send(
        new sdk.AllocateAddressCommand({
          Domain: 'vpc',
          TagSpecifications: [{ ResourceType: 'elastic-ip', Tags }],
        }),
      ),
    (ec2) => ec2.allocateTaggedAddress({ tags }),
  ],
  [
    'AssociateAddress',
    () => client.send(new sdk.AssociateAddressCommand({ ...Claim, AllowReassociation: false })),
    (ec2) => ec2.associateAddress({ ...claim, allowReassociation: false }),
  ],
  [
    'DisassociateAddress',
    () => client.send(new sdk.DisassociateAddressCommand({ AssociationId: 'c' })),
    (ec2) => ec2.disassociateAddress({ associationId: 'c' }),
  ],
  [
    'CreateTags',
    () => client.send(new sdk.CreateTagsCommand({ Resources: ['a', 'b'], Tags })),
    (ec2) => ec2.createTags({ resources: ['a', 'b'], tags }),
  ],
  [
    'DeleteTags',
    () => client.send(new sdk.DeleteTagsCommand({ Resources: ['a', 'b'], Tags })),
    (ec2) => ec2.deleteTags({ resources: ['a', 'b'], tags }),
  ],
  [
    'CreateRoute',
    () => client.send(new sdk.CreateRouteCommand({ ...Route, NetworkInterfaceId: eni })),
    (ec2) => ec2.createRoute({ ...route, networkInterfaceId: eni }),
  ],
  [
    'ReplaceRoute',
    () => client.send(new sdk.ReplaceRouteCommand({ ...Route, NetworkInterfaceId: eni })),
    (ec2) => ec2.replaceRoute({ ...route, networkInterfaceId: eni }),
  ],
  [
    'DeleteRoute',
    () => client.send(new sdk.DeleteRouteCommand(Route)),
    (ec2) => ec2.deleteRoute(route),
  ],
])('%s has the same form, and the SDK signs as this signs', async (_name, theirs, same) => {
  const wanted = await requestOf(theirs());
  const sent = await requestOf(same(ours));
  expect(sorted(sent)).toEqual(sorted(wanted));
  for (const each of [wanted, sent]) expect(each.headers.authorization).toBe(signedAgain(each));
});

function sorted({ body }: Recorded): string[] {
  return body.split('&').toSorted();
}

/** What this signs a request with, for the time and the headers that were signed. */
function signedAgain({ headers, body }: Recorded): string | undefined {
  const names = /SignedHeaders=([^,]+)/.exec(headers.authorization ?? '')?.[1]?.split(';') ?? [];
  const own = new Set(['host', 'x-amz-date', 'x-amz-security-token']);
  const others = names.filter((name) => !own.has(name));
  const time = String(headers['x-amz-date']).replace(
    /^(....)(..)(..T..)(..)(..Z)$/,
    '$1-$2-$3:$4:$5',
  );
  return signRequest({
    method: 'POST',
    url: new URL(endpoint),
    headers: Object.fromEntries(others.map((name) => [name, String(headers[name])])),
    body,
    region,
    service: 'ec2',
    credentials,
    at: new Date(time),
  })['authorization'];
}

const regions =
  'eu-central-1 us-east-1 cn-north-1 us-gov-west-1 us-iso-east-1 us-isob-east-1 eu-isoe-west-1 us-isof-south-1 eusc-de-east-1 mx-central-1'.split(
    ' ',
  );
const kinds = [false, true].flatMap((isFips) =>
  [false, true].map((isDual) => ({ isFips, isDual })),
);

it.each(regions)('asks EC2 of %s where the SDK does', (name) => {
  for (const { isFips, isDual } of kinds) {
    const parameters = { Region: name, UseFIPS: isFips, UseDualStack: isDual };
    const { url } = client.config.endpointProvider(parameters);
    const environment = {
      AWS_USE_FIPS_ENDPOINT: String(isFips),
      AWS_USE_DUALSTACK_ENDPOINT: String(isDual),
    };
    expect(awsEndpoint('ec2', name, environment).href).toBe(url.href);
  }
});
