// What EC2 refuses, and how, where only a request itself can show it: pages, dry runs, tokens, what is made in one go.
import * as sdk from '@aws-sdk/client-ec2';
import { FakeClock } from '@truetuple/core/testing';
import { describe, expect, it, test } from 'vitest';
import { openHttpRegion, refusalOf, type HttpRegion } from './http-region.ts';

function ask(
  { client }: HttpRegion,
  input: sdk.DescribeNetworkInterfacesCommandInput,
): Promise<sdk.DescribeNetworkInterfacesCommandOutput> {
  return client.send(new sdk.DescribeNetworkInterfacesCommand(input));
}

/** A filter with so many values. */
function vpcFilter(count: number): sdk.Filter[] {
  const Values = Array.from({ length: count }, (_, index) => `vpc-${index}`);
  return [{ Name: 'vpc-id', Values }];
}

describe('in an account with many network interfaces', () => {
  const notPermitted = { name: 'OperationNotPermitted', status: 400 };

  it('one answer with all of them is refused, and one by a filter that leaves many', async () => {
    await using region = await openHttpRegion({ networkInterfacesUnpaged: 1 });
    expect(await refusalOf(ask(region, {}))).toMatchObject(notPermitted);
    for (const Name of ['status', 'addresses.private-ip-address', 'tag-key']) {
      const Filters = [{ Name, Values: ['*'] }];
      expect([Name, await refusalOf(ask(region, { Filters }))]).toMatchObject([Name, notPermitted]);
    }
  });

  it('pages, ids, and the filters that leave few are answered', async () => {
    await using region = await openHttpRegion({ networkInterfacesUnpaged: 1 });
    const { ids } = region;
    const NetworkInterfaceIds = [...ids.networkInterfaceIds];
    const page = await ask(region, { MaxResults: 5 });
    expect(page.NetworkInterfaces).toHaveLength(2);
    expect((await ask(region, { NetworkInterfaceIds })).NetworkInterfaces).toHaveLength(2);
    for (const [Name, value] of [
      ['attachment.instance-id', ids.instanceId],
      ['vpc-id', ids.vpcId],
      ['subnet-id', ids.subnetId],
      ['private-ip-address', '10.0.2.1*'],
      ['mac-address', '02:ec:*'],
      ['private-dns-name', 'ip-10-0-2-1*'],
    ] as const) {
      const Filters = [{ Name, Values: [value] }];
      const { NetworkInterfaces } = await ask(region, { Filters });
      expect([Name, NetworkInterfaces?.length]).toEqual([Name, 2]);
    }
    const inGroup = await ask(region, { Filters: [{ Name: 'group-id', Values: ['sg-0'] }] });
    expect(inGroup.NetworkInterfaces).toEqual([]);
  });

  it('with no more than that all come in one answer', async () => {
    await using region = await openHttpRegion({ networkInterfacesUnpaged: 2 });
    expect((await ask(region, {})).NetworkInterfaces).toHaveLength(2);
  });
});

describe('a dry run', () => {
  it('asks the tags of what the call would touch', async () => {
    await using region = await openHttpRegion();
    const { client, ec2, ids } = region;
    ec2.requireTags([
      {
        actions: ['AssociateAddress', 'CreateTags', 'DescribeVpcs'],
        resource: 'elastic-ip',
        tag: { key: 'truetuple/pool', value: 'voice' },
      },
    ]);
    const foreign = ec2.allocateAddress().allocationId;
    const claim = (AllocationId: string) =>
      client.send(
        new sdk.AssociateAddressCommand({
          AllocationId,
          NetworkInterfaceId: ids.networkInterfaceIds[0],
          DryRun: true,
        }),
      );
    const tag = (id: string) =>
      client.send(
        new sdk.CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'k' }], DryRun: true }),
      );
    const [own] = ids.allocationIds;
    const denied = { name: 'UnauthorizedOperation', status: 403 };
    const permitted = { name: 'DryRunOperation', status: 412 };
    expect(await refusalOf(claim(own))).toMatchObject(permitted);
    expect(await refusalOf(claim(foreign))).toMatchObject(denied);
    expect(await refusalOf(tag(own))).toMatchObject(permitted);
    expect(await refusalOf(tag(foreign))).toMatchObject(denied);
    const { Vpcs } = await client.send(new sdk.DescribeVpcsCommand({}));
    expect(Vpcs).toHaveLength(1);
    ec2.requireTags([{ actions: ['CreateTags'], requestTagKeys: ['owner'] }]);
    expect(await refusalOf(tag(own))).toMatchObject(denied);
    ec2.requireTags([{ actions: ['CreateTags'], requestTagKeys: ['k'] }]);
    expect(await refusalOf(tag(own))).toMatchObject(permitted);
  });

  it('asks the policy for what the call would say, and for what it would make', async () => {
    await using region = await openHttpRegion();
    const { client, ec2, ids } = region;
    const permitted = { name: 'DryRunOperation' };
    const denied = { name: 'UnauthorizedOperation' };
    const DryRun = true;
    const allocate = (Key: string) => {
      const TagSpecifications = [
        { ResourceType: 'elastic-ip' as const, Tags: [{ Key, Value: 'voice' }] },
      ];
      return client.send(new sdk.AllocateAddressCommand({ TagSpecifications, DryRun }));
    };
    const [NetworkInterfaceId] = ids.networkInterfaceIds;
    const check = (Value: boolean) =>
      client.send(
        new sdk.ModifyNetworkInterfaceAttributeCommand({
          NetworkInterfaceId,
          SourceDestCheck: { Value },
          DryRun,
        }),
      );
    const may = { Effect: 'Allow', Resource: '*' } as const;
    const Condition = {
      StringEqualsIfExists: {
        'ec2:Attribute/SourceDestCheck': 'false',
        'aws:RequestTag/pool': 'voice',
        'aws:TagKeys': 'pool',
      },
    };
    ec2.setPolicy({ Statement: [{ ...may, Action: 'ec2:*', Condition }] });
    expect(await refusalOf(allocate('pool'))).toMatchObject(permitted);
    expect(await refusalOf(allocate('owner'))).toMatchObject(denied);
    expect(await refusalOf(check(false))).toMatchObject(permitted);
    expect(await refusalOf(check(true))).toMatchObject(denied);
    ec2.setPolicy({ Statement: [{ ...may, Action: 'ec2:AllocateAddress' }] });
    expect(await refusalOf(allocate('pool'))).toMatchObject(denied);
  });

  it('of a describe takes its token where the describe would', async () => {
    const requestRates = {
      perAction: { DescribeNetworkInterfaces: { burst: 1, perSecond: 1 } },
      unfilteredReads: { burst: 1, perSecond: 1 },
    };
    await using region = await openHttpRegion({ requestRates, clock: new FakeClock() });
    const client = region.clientWith({ maxAttempts: 1 });
    const dryRun = (Filters?: sdk.Filter[]) =>
      client.send(
        new sdk.DescribeNetworkInterfacesCommand({ DryRun: true, ...(Filters && { Filters }) }),
      );
    const filtered = [{ Name: 'vpc-id', Values: [region.ids.vpcId] }];
    for (const asked of [filtered, undefined]) {
      expect(await refusalOf(dryRun(asked))).toMatchObject({ name: 'DryRunOperation' });
      expect(await refusalOf(dryRun(asked))).toMatchObject({ name: 'RequestLimitExceeded' });
    }
  });
});

test('more than 200 filter values are too many for every describe', async () => {
  await using region = await openHttpRegion();
  const { client } = region;
  for (const describeWith of [
    (Filters: sdk.Filter[]) => client.send(new sdk.DescribeVpcsCommand({ Filters })),
    (Filters: sdk.Filter[]) => client.send(new sdk.DescribeSubnetsCommand({ Filters })),
    (Filters: sdk.Filter[]) => client.send(new sdk.DescribeRouteTablesCommand({ Filters })),
  ]) {
    await describeWith(vpcFilter(200));
    const refusal = await refusalOf(describeWith(vpcFilter(201)));
    expect(refusal).toMatchObject({ name: 'FilterLimitExceeded', status: 400 });
  }
});

test('a route to a gateway has a network as its destination, host bits cleared', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const { vpcs } = region.ec2.snapshot();
  const create = (DestinationCidrBlock: string) =>
    client.send(
      new sdk.CreateRouteCommand({
        RouteTableId: ids.routeTableId,
        DestinationCidrBlock,
        GatewayId: vpcs[0]?.internetGatewayId,
      }),
    );
  await create('198.51.100.7/24');
  const again = await refusalOf(create('198.51.100.0/24'));
  expect(again).toMatchObject({ name: 'RouteAlreadyExists' });
  const invalid = { name: 'InvalidParameterValue' };
  expect(await refusalOf(create('198.51.100.0/33'))).toMatchObject(invalid);
});

test('the first interface of an instance cannot be detached', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const { NetworkInterfaces = [] } = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [...ids.networkInterfaceIds] }),
  );
  const [first, second] = NetworkInterfaces.map((eni) => eni.Attachment?.AttachmentId);
  const detach = (AttachmentId: string | undefined) =>
    client.send(new sdk.DetachNetworkInterfaceCommand({ AttachmentId }));
  expect(await refusalOf(detach(first))).toMatchObject({ name: 'OperationNotPermitted' });
  await detach(second);
});

test('an interface with a dual-stack public hostname keeps its last Elastic IP', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const NetworkInterfaceId = ids.networkInterfaceIds[1];
  const [AllocationId] = ids.allocationIds;
  const { AssociationId } = await client.send(
    new sdk.AssociateAddressCommand({ NetworkInterfaceId, AllocationId }),
  );
  const name = (HostnameType: sdk.PublicIpDnsOption) =>
    client.send(new sdk.ModifyPublicIpDnsNameOptionsCommand({ NetworkInterfaceId, HostnameType }));
  const disassociate = () => client.send(new sdk.DisassociateAddressCommand({ AssociationId }));
  expect(await name('public-dual-stack-dns-name')).toMatchObject({ Successful: true });
  const refused = await refusalOf(disassociate());
  expect(refused).toMatchObject({ name: 'OperationNotPermitted', status: 400 });
  const NetworkInterfaceIds = [NetworkInterfaceId];
  const { NetworkInterfaces } = await client.send(
    new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds }),
  );
  expect(NetworkInterfaces?.[0]?.PublicIpDnsNameOptions).toEqual({
    DnsHostnameType: 'public-dual-stack-dns-name',
  });
  await name('public-ipv6-dns-name');
  await disassociate();
});

test('instances run all together, or none does', async () => {
  await using region = await openHttpRegion({ networkInterfacesPerRegion: 4 });
  const { client, ids } = region;
  const { subnetId: SubnetId } = ids;
  const run = (count: number) =>
    client.send(new sdk.RunInstancesCommand({ SubnetId, MinCount: count, MaxCount: count }));
  expect(await refusalOf(run(3))).toMatchObject({ name: 'NetworkInterfaceLimitExceeded' });
  const { NetworkInterfaces } = await client.send(new sdk.DescribeNetworkInterfacesCommand({}));
  expect(NetworkInterfaces).toHaveLength(2);
  const Filters = [{ Name: 'instance-state-name', Values: ['running'] }];
  const { Reservations } = await client.send(new sdk.DescribeInstancesCommand({ Filters }));
  expect(Reservations).toHaveLength(1);
  expect((await run(2)).Instances).toHaveLength(2);
});

test('a client token is for one action, and for one set of parameters', async () => {
  await using region = await openHttpRegion();
  const { client, ids } = region;
  const ClientToken = 'once';
  const table = (Value: string) =>
    client.send(
      new sdk.CreateRouteTableCommand({
        VpcId: ids.vpcId,
        ClientToken,
        TagSpecifications: [{ ResourceType: 'route-table', Tags: [{ Key: 'Name', Value }] }],
      }),
    );
  const first = await table('a');
  expect((await table('a')).RouteTable).toEqual(first.RouteTable);
  const other = await refusalOf(table('b'));
  expect(other).toMatchObject({ name: 'IdempotentParameterMismatch', status: 400 });
  const { NetworkInterface } = await client.send(
    new sdk.CreateNetworkInterfaceCommand({ SubnetId: ids.subnetId, ClientToken }),
  );
  expect(NetworkInterface?.NetworkInterfaceId).toMatch(/^eni-/);
});
