import type { NetworkAclEntry } from '@truetuple/core';
import { describe, expect, it } from 'vitest';
import { refusalOf, type MakePlace } from './ec2-api-place.ts';

/** What EC2 lets in and out: security groups, network ACLs, managed prefix lists. */
export function packetFilterCases(bench: MakePlace): void {
  it('shows security groups with their rules, by id or by VPC, and which an interface is in', async () => {
    const { ec2, simulated, place } = await bench();
    const { vpcId, networkInterfaceId } = place;
    const { prefixListId } = simulated.createManagedPrefixList({
      prefixListName: 'carriers',
      maxEntries: 5,
    });
    const sip = {
      ipProtocol: 'udp',
      fromPort: 5060,
      toPort: 5061,
      ipRanges: ['0.0.0.0/0', '10.0.0.0/8'],
      prefixListIds: [prefixListId],
      hasOtherPeers: true,
    };
    const all = { ipProtocol: '-1', ipRanges: ['0.0.0.0/0'], hasOtherPeers: false };
    const { groupId } = simulated.createSecurityGroup({
      vpcId,
      ipPermissions: [sip],
      networkInterfaceIds: [networkInterfaceId],
      tags: { use: 'media' },
    });
    const tags = [{ key: 'use', value: 'media' }];
    const permissions = { ipPermissions: [sip], ipPermissionsEgress: [all] };
    const group = { groupId, groupName: groupId, vpcId, ...permissions, tags };
    const ofVpc = [{ name: 'vpc-id', values: [vpcId] }];
    expect(await ec2.describeSecurityGroups({ groupIds: [groupId] })).toEqual([group]);
    expect(await ec2.describeSecurityGroups({ filters: ofVpc })).toEqual([group]);
    expect(await refusalOf(ec2.describeSecurityGroups({ groupIds: ['sg-0'] }))).toBe(
      'InvalidGroup.NotFound',
    );
    const inGroup = [{ name: 'group-id', values: [groupId] }];
    expect(await ec2.describeNetworkInterfaces({ filters: inGroup })).toMatchObject([
      { networkInterfaceId, groupIds: [groupId] },
    ]);
  });

  describe('network ACLs', () => {
    const denial = { ruleNumber: 32_767, ruleAction: 'deny', protocol: '-1' } as const;
    const everywhere = '0.0.0.0/0';
    const sip: NetworkAclEntry = {
      ruleNumber: 90,
      egress: false,
      ruleAction: 'allow',
      protocol: '17',
      cidrBlock: '198.51.100.0/24',
      portRange: { from: 5060, to: 5061 },
    };

    it("a subnet has its VPC's, which lets all through, until it is given another", async () => {
      const { ec2, simulated, place } = await bench();
      const { vpcId, subnetId } = place;
      const filters = [{ name: 'association.subnet-id', values: [subnetId] }];
      const [own] = await ec2.describeNetworkAcls({ filters });
      expect(own).toMatchObject({ vpcId, isDefault: true, associations: [{ subnetId }] });
      expect(
        own?.entries.map(({ ruleNumber, egress, ruleAction }) => [ruleNumber, egress, ruleAction]),
      ).toEqual([
        [100, false, 'allow'],
        [32_767, false, 'deny'],
        [100, true, 'allow'],
        [32_767, true, 'deny'],
      ]);
      const tags = { use: 'media' };
      const { networkAclId } = simulated.createNetworkAcl({
        vpcId,
        tags,
        subnetIds: [subnetId],
        entries: [sip],
      });
      const [other, ...more] = await ec2.describeNetworkAcls({ filters });
      expect(more).toEqual([]);
      expect(other).toEqual({
        networkAclId,
        vpcId,
        isDefault: false,
        entries: [
          { ...denial, egress: false, cidrBlock: everywhere },
          { ...denial, egress: true, cidrBlock: everywhere },
          sip,
        ],
        associations: [
          { networkAclAssociationId: expect.stringMatching(/^aclassoc-/) as string, subnetId },
        ],
        tags: [{ key: 'use', value: 'media' }],
      });
      expect(await ec2.describeNetworkAcls({ networkAclIds: [networkAclId] })).toEqual([other]);
      const ofVpc = [
        { name: 'vpc-id', values: [vpcId] },
        { name: 'default', values: ['true'] },
      ];
      expect(await ec2.describeNetworkAcls({ filters: ofVpc })).toMatchObject([
        { associations: [] },
      ]);
    });

    it('are not found by an id that nobody has', async () => {
      const { ec2 } = await bench();
      const refusal = await refusalOf(ec2.describeNetworkAcls({ networkAclIds: ['acl-0'] }));
      expect(refusal).toBe('InvalidNetworkAclID.NotFound');
    });
  });

  describe('managed prefix lists', () => {
    it('show all of their entries, however many pages those are', async () => {
      const { ec2, simulated } = await bench();
      const entries = Array.from({ length: 250 }, (_, index) => `10.${index}.0.0/16`);
      const { prefixListId } = simulated.createManagedPrefixList({
        prefixListName: 'sites',
        maxEntries: 300,
        entries,
      });
      const seen = await ec2.getManagedPrefixListEntries({ prefixListId });
      expect(seen.toSorted()).toEqual(entries.toSorted());
      expect(await refusalOf(ec2.getManagedPrefixListEntries({ prefixListId: 'pl-0' }))).toBe(
        'InvalidPrefixListID.NotFound',
      );
    });

    it('take as many places of a route table as they have entries at most', async () => {
      const { ec2, simulated, place } = await bench({ routesPerTable: 10 });
      const { routeTableId, networkInterfaceId } = place;
      const { prefixListId: destinationPrefixListId } = simulated.createManagedPrefixList({
        prefixListName: 'pool',
        maxEntries: 9,
        entries: ['203.0.113.0/28'],
      });
      simulated.createPrefixListRoute({
        routeTableId,
        destinationPrefixListId,
        networkInterfaceId,
      });
      const byList = [
        { name: 'route.destination-prefix-list-id', values: [destinationPrefixListId] },
      ];
      const [table] = await ec2.describeRouteTables({ filters: byList });
      expect(table?.prefixListRoutes).toEqual([
        { destinationPrefixListId, networkInterfaceId, state: 'active' },
      ]);
      expect(table?.routes).toEqual([
        { destinationCidrBlock: '10.0.0.0/16', gatewayId: 'local', state: 'active' },
      ]);
      const route = { routeTableId, networkInterfaceId };
      await ec2.createRoute({ ...route, destinationCidrBlock: '203.0.113.77/32' });
      const full = ec2.createRoute({ ...route, destinationCidrBlock: '203.0.113.78/32' });
      expect(await refusalOf(full)).toBe('RouteLimitExceeded');
    });
  });
}
