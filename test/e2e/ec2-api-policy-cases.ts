import type { IamCondition, IamStatement } from '@truetuple/core/testing';
import { describe, expect, it } from 'vitest';
import { assign, associate, refusalOf, type MakePlace } from './ec2-api-place.ts';

const denied = 'UnauthorizedOperation';
const pool = { key: 'pool', value: 'media' };
const owner = { key: 'owner', value: 'a' };
const destinationCidrBlock = '203.0.113.77/32';

function allow(action: string, Condition: IamCondition = {}): IamStatement {
  return { Effect: 'Allow', Action: `ec2:${action}`, Resource: '*', Condition };
}

function only(key: string, value: string): IamCondition {
  return { StringEqualsIfExists: { [key]: value } };
}

function vpcArn(vpcId: string): string {
  return `arn:aws:ec2:eu-central-1:123456789012:vpc/${vpcId}`;
}

/** What an IAM policy lets through (Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"). */
export function policyCases(bench: MakePlace): void {
  describe('an IAM policy', () => {
    it('with the ARN of a VPC is for its interfaces and its route tables', async () => {
      const { ec2, simulated, place } = await bench();
      const { vpcId, networkInterfaceId, routeTableId } = place;
      const other = simulated.createVpc({ cidr: '10.1.0.0/16' });
      const { subnetId } = simulated.createSubnet({ vpcId: other.vpcId, cidr: '10.1.2.0/24' });
      const foreign = simulated.createNetworkInterface({ subnetId }).networkInterfaceId;
      const Condition = { ArnEquals: { 'ec2:Vpc': vpcArn(vpcId) } };
      const actions = ['AssignPrivateIpAddresses', 'CreateRoute'];
      simulated.setPolicy({ Statement: actions.map((action) => allow(action, Condition)) });
      await assign(ec2, networkInterfaceId, '10.0.2.11');
      expect(await refusalOf(assign(ec2, foreign, '10.1.2.11'))).toBe(denied);
      const lead = (table: string, to: string) =>
        ec2.createRoute({ routeTableId: table, destinationCidrBlock, networkInterfaceId: to });
      await lead(routeTableId, networkInterfaceId);
      expect(await refusalOf(lead(other.mainRouteTableId, foreign))).toBe(denied);
    });

    it('with the id of a thing is for that thing', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId, otherInterfaceId, routeTableId, vpcId } = place;
      const [mine, others] = [simulated.allocateAddress(), simulated.allocateAddress()];
      const { routeTableId: otherTable } = simulated.createRouteTable({ vpcId });
      simulated.setPolicy({
        Statement: [
          allow('AssociateAddress', {
            StringEqualsIfExists: {
              'ec2:AllocationId': mine.allocationId,
              'ec2:NetworkInterfaceID': networkInterfaceId,
            },
          }),
          allow('DisassociateAddress', only('ec2:PublicIpAddress', others.publicIp)),
          allow('*Route', only('ec2:RouteTableID', routeTableId)),
        ],
      });
      const claims = [
        [others.allocationId, networkInterfaceId, '10.0.2.10'],
        [mine.allocationId, otherInterfaceId, '10.0.2.20'],
      ] as const;
      for (const claim of claims) {
        expect(await refusalOf(associate(ec2, claim[0], claim[1], claim[2]))).toBe(denied);
      }
      const held = await associate(ec2, mine.allocationId, networkInterfaceId, '10.0.2.10');
      expect(await refusalOf(ec2.disassociateAddress(held))).toBe(denied);
      const lead = (table: string) =>
        ec2.createRoute({ routeTableId: table, destinationCidrBlock, networkInterfaceId });
      expect(await refusalOf(lead(otherTable))).toBe(denied);
      await lead(routeTableId);
      await ec2.deleteRoute({ routeTableId, destinationCidrBlock });
    });

    it('judges the tags of what is named as they were before, and those that are named', async () => {
      const { ec2, simulated } = await bench();
      const { allocationId } = simulated.allocateAddress({ tags: { pool: 'media' } });
      const { allocationId: foreign } = simulated.allocateAddress();
      simulated.setPolicy({
        Statement: allow('*Tags', {
          StringEquals: { 'ec2:ResourceTag/pool': 'media' },
          'ForAllValues:StringEquals': { 'aws:TagKeys': ['owner'] },
          Null: { 'aws:TagKeys': 'false' },
          StringLike: { 'aws:RequestTag/owner': 'a*' },
        }),
      });
      const resources = [allocationId];
      await ec2.createTags({ resources, tags: [owner] });
      const refused = [
        () => ec2.createTags({ resources, tags: [owner, pool] }),
        () => ec2.createTags({ resources, tags: [{ ...owner, value: 'b' }] }),
        () => ec2.createTags({ resources: [foreign], tags: [owner] }),
        () => ec2.createTags({ resources: [foreign], tags: [owner, pool] }),
        () => ec2.createTags({ resources: [allocationId, foreign], tags: [owner] }),
        () => simulated.deleteTags({ resources }),
      ];
      for (const call of refused) expect(await refusalOf(call())).toBe(denied);
      await ec2.deleteTags({ resources, tags: [owner] });
      expect(await refusalOf(ec2.describeAddresses({}))).toBe(denied);
      simulated.setPolicy(undefined);
      const shown = await ec2.describeAddresses({});
      expect(shown.map(({ tags }) => tags)).toEqual([[pool], []]);
    });

    it('lets who allocates tag what he allocates, and nothing else', async () => {
      const { ec2, simulated } = await bench();
      const { allocationId } = simulated.allocateAddress();
      const asked = { tags: [pool] };
      simulated.setPolicy({ Statement: allow('AllocateAddress') });
      expect(await refusalOf(ec2.allocateTaggedAddress(asked))).toBe(denied);
      await simulated.allocateTaggedAddress({ tags: [] });
      const creation = { StringEquals: { 'ec2:CreateAction': 'AllocateAddress' } };
      simulated.setPolicy({
        Statement: [allow('AllocateAddress'), allow('CreateTags', creation)],
      });
      await ec2.allocateTaggedAddress(asked);
      const tagging = ec2.createTags({ resources: [allocationId], tags: [pool] });
      expect(await refusalOf(tagging)).toBe(denied);
    });

    it('allocates for who may tag by actions and by tag keys, too', async () => {
      const { ec2, simulated } = await bench();
      simulated.denyActions(['CreateTags']);
      expect(await refusalOf(ec2.allocateTaggedAddress({ tags: [pool] }))).toBe(denied);
      await simulated.allocateTaggedAddress({ tags: [] });
      simulated.denyActions([]);
      simulated.requireTags([{ actions: ['CreateTags'], requestTagKeys: ['pool'] }]);
      expect(await refusalOf(ec2.allocateTaggedAddress({ tags: [owner] }))).toBe(denied);
      await ec2.allocateTaggedAddress({ tags: [pool] });
    });

    it('with an attribute is for that attribute, and the value it gets', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId } = place;
      const off = { StringEquals: { 'ec2:Attribute/SourceDestCheck': 'false' } };
      simulated.setPolicy({ Statement: allow('ModifyNetworkInterfaceAttribute', off) });
      const set = (sourceDestCheck: boolean) =>
        ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck });
      expect(await refusalOf(set(true))).toBe(denied);
      await set(false);
    });

    it('leaves it to EC2 to refuse what is not there, to who may do it to anything', async () => {
      const { ec2, simulated, place } = await bench();
      const { networkInterfaceId } = place;
      const tagged = { StringEquals: { 'ec2:ResourceTag/pool': 'media' } };
      simulated.setPolicy({ Statement: [allow('DisassociateAddress', tagged)] });
      const associationId = 'eipassoc-0123456789abcdef0';
      expect(await refusalOf(ec2.disassociateAddress({ associationId }))).toBe(
        'InvalidAssociationID.NotFound',
      );
      const routeTableId = 'rtb-0123456789abcdef0';
      const leading = ec2.createRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
      expect(await refusalOf(leading)).toBe(denied);
    });
  });
}
