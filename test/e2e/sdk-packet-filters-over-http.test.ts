// Security groups, network ACLs and prefix lists of a place, built by the unmodified SDK alone.
import * as sdk from '@aws-sdk/client-ec2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openHttpRegion, refusalOf, type HttpRegion } from './http-region.ts';

let region: HttpRegion;
let client: sdk.EC2Client;

beforeEach(async () => {
  region = await openHttpRegion({ routesPerTable: 10 });
  ({ client } = region);
});
afterEach(() => region[Symbol.asyncDispose]());

const udp = { IpProtocol: 'udp', FromPort: 5060, ToPort: 5061 };

async function createList(MaxEntries: number, ...Cidrs: string[]): Promise<sdk.ManagedPrefixList> {
  const { PrefixList } = await client.send(
    new sdk.CreateManagedPrefixListCommand({
      PrefixListName: 'carriers',
      AddressFamily: 'IPv4',
      MaxEntries,
      Entries: Cidrs.map((Cidr) => ({ Cidr })),
    }),
  );
  if (PrefixList === undefined) throw new Error('the answer has no prefix list');
  return PrefixList;
}

async function createGroup(): Promise<string> {
  const { GroupId } = await client.send(
    new sdk.CreateSecurityGroupCommand({
      GroupName: 'media',
      Description: 'media',
      VpcId: region.ids.vpcId,
    }),
  );
  if (GroupId === undefined) throw new Error('the answer has no group');
  return GroupId;
}

describe('a security group', () => {
  it('lets in blocks and prefix lists, and no rule twice; an interface is put into it', async () => {
    const GroupId = await createGroup();
    const { PrefixListId } = await createList(3, '198.51.100.0/24');
    const rule = {
      ...udp,
      IpRanges: [{ CidrIp: '192.0.2.0/24' }],
      PrefixListIds: [{ PrefixListId }],
    };
    const authorize = () =>
      client.send(new sdk.AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [rule] }));
    await authorize();
    await expect(refusalOf(authorize())).resolves.toMatchObject({
      name: 'InvalidPermission.Duplicate',
    });
    const [NetworkInterfaceId] = region.ids.networkInterfaceIds;
    await client.send(
      new sdk.ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: [GroupId] }),
    );
    const { NetworkInterfaces } = await client.send(
      new sdk.DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: [NetworkInterfaceId] }),
    );
    expect(NetworkInterfaces?.[0]?.Groups).toMatchObject([{ GroupId }]);
    const revoke = () =>
      client.send(
        new sdk.RevokeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [{ ...udp, IpRanges: [{ CidrIp: '192.0.2.0/24' }] }],
        }),
      );
    await revoke();
    await expect(refusalOf(revoke())).resolves.toMatchObject({
      name: 'InvalidPermission.NotFound',
    });
    const { SecurityGroups } = await client.send(
      new sdk.DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }),
    );
    expect(SecurityGroups).toMatchObject([
      {
        GroupName: 'media',
        IpPermissions: [{ ...udp, IpRanges: [], PrefixListIds: [{ PrefixListId }] }],
        IpPermissionsEgress: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
      },
    ]);
  });

  it('has 60 rules at most, a prefix list counting as all that it may have', async () => {
    const GroupId = await createGroup();
    const authorize = (PrefixListId: string | undefined) =>
      client.send(
        new sdk.AuthorizeSecurityGroupIngressCommand({
          GroupId,
          IpPermissions: [{ ...udp, PrefixListIds: [{ PrefixListId }] }],
        }),
      );
    await authorize((await createList(60)).PrefixListId);
    await expect(refusalOf(authorize((await createList(1)).PrefixListId))).resolves.toMatchObject({
      name: 'RulesPerSecurityGroupLimitExceeded',
    });
  });
});

async function createAcl(): Promise<string> {
  const { NetworkAcl } = await client.send(
    new sdk.CreateNetworkAclCommand({ VpcId: region.ids.vpcId }),
  );
  if (NetworkAcl?.NetworkAclId === undefined) throw new Error('the answer has no ACL');
  expect(NetworkAcl.IsDefault).toBe(false);
  return NetworkAcl.NetworkAclId;
}

describe('a network ACL', () => {
  const denied = { RuleNumber: 90, RuleAction: 'deny', Protocol: '17', Egress: false } as const;

  it('takes the place of another for a subnet', async () => {
    const NetworkAclId = await createAcl();
    const { subnetId } = region.ids;
    const ofSubnet = new sdk.DescribeNetworkAclsCommand({
      Filters: [{ Name: 'association.subnet-id', Values: [subnetId] }],
    });
    const { NetworkAcls: before } = await client.send(ofSubnet);
    expect(before).toMatchObject([{ IsDefault: true }]);
    const AssociationId = before?.[0]?.Associations?.[0]?.NetworkAclAssociationId;
    const replace = new sdk.ReplaceNetworkAclAssociationCommand({ AssociationId, NetworkAclId });
    const { NewAssociationId } = await client.send(replace);
    const { NetworkAcls: after } = await client.send(ofSubnet);
    expect(after).toMatchObject([
      { NetworkAclId, Associations: [{ NetworkAclAssociationId: NewAssociationId }] },
    ]);
    await expect(refusalOf(client.send(replace))).resolves.toMatchObject({
      name: 'InvalidAssociationID.NotFound',
    });
  });

  it('has each rule number once each way, and 20 rules', async () => {
    const NetworkAclId = await createAcl();
    const create = (RuleNumber: number, Egress = false) =>
      client.send(
        new sdk.CreateNetworkAclEntryCommand({
          ...denied,
          NetworkAclId,
          RuleNumber,
          Egress,
          CidrBlock: '0.0.0.0/0',
          PortRange: { From: 5060, To: 5061 },
        }),
      );
    await create(90);
    await create(90, true);
    await expect(refusalOf(create(90))).resolves.toMatchObject({
      name: 'NetworkAclEntryAlreadyExists',
    });
    for (let number = 1; number < 20; number++) await create(number);
    await expect(refusalOf(create(20))).resolves.toMatchObject({
      name: 'NetworkAclEntryLimitExceeded',
    });
    const remove = new sdk.DeleteNetworkAclEntryCommand({
      NetworkAclId,
      RuleNumber: 90,
      Egress: false,
    });
    await client.send(remove);
    await expect(refusalOf(client.send(remove))).resolves.toMatchObject({
      name: 'InvalidNetworkAclEntry.NotFound',
    });
    await create(20);
  });
});

describe('a managed prefix list', () => {
  it('is changed by who knows its version, and by nobody else', async () => {
    const { PrefixListId, Version: CurrentVersion } = await createList(2, '198.51.100.0/24');
    const modify = (Cidr: string) =>
      client.send(
        new sdk.ModifyManagedPrefixListCommand({
          PrefixListId,
          CurrentVersion,
          AddEntries: [{ Cidr }],
          RemoveEntries: [{ Cidr: '198.51.100.0/24' }],
        }),
      );
    const { PrefixList } = await modify('192.0.2.0/24');
    expect(PrefixList).toMatchObject({ Version: 2, MaxEntries: 2 });
    await expect(refusalOf(modify('203.0.113.0/24'))).resolves.toMatchObject({
      name: 'PrefixListVersionMismatch',
    });
    const { Entries } = await client.send(
      new sdk.GetManagedPrefixListEntriesCommand({ PrefixListId }),
    );
    expect(Entries).toEqual([{ Cidr: '192.0.2.0/24' }]);
    const { PrefixLists } = await client.send(
      new sdk.DescribeManagedPrefixListsCommand({
        Filters: [{ Name: 'prefix-list-name', Values: ['carr*'] }],
      }),
    );
    expect(PrefixLists).toMatchObject([{ PrefixListId, Version: 2, MaxEntries: 2 }]);
  });

  it('has no more entries than it was made for', async () => {
    const { PrefixListId } = await createList(1, '198.51.100.0/24');
    const add = new sdk.ModifyManagedPrefixListCommand({
      PrefixListId,
      AddEntries: [{ Cidr: '192.0.2.0/24' }],
    });
    await expect(refusalOf(client.send(add))).resolves.toMatchObject({
      name: 'PrefixListMaxEntriesExceeded',
    });
  });

  it('is a destination of a route, once, and takes the places of all that it may have', async () => {
    const { routeTableId: RouteTableId } = region.ids;
    const [, NetworkInterfaceId] = region.ids.networkInterfaceIds;
    const route = async (MaxEntries: number) => {
      const { PrefixListId: DestinationPrefixListId } = await createList(MaxEntries);
      return new sdk.CreateRouteCommand({
        RouteTableId,
        NetworkInterfaceId,
        DestinationPrefixListId,
      });
    };
    const ten = await route(10);
    await client.send(ten);
    await expect(refusalOf(client.send(ten))).resolves.toMatchObject({
      name: 'RouteAlreadyExists',
    });
    await expect(refusalOf(client.send(await route(1)))).resolves.toMatchObject({
      name: 'RouteLimitExceeded',
    });
    const { RouteTables } = await client.send(
      new sdk.DescribeRouteTablesCommand({ RouteTableIds: [RouteTableId] }),
    );
    expect(RouteTables?.[0]?.Routes).toContainEqual(
      expect.objectContaining({
        DestinationPrefixListId: ten.input.DestinationPrefixListId,
        NetworkInterfaceId,
        State: 'active',
      }),
    );
  });
});
