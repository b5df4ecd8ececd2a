import { describe, expect, it } from 'vitest';
import { SimulatedEc2 } from '../simulated-ec2.ts';
import type { IamStatement } from './iam-policy.ts';

function build(region = 'eu-central-1') {
  const ec2 = new SimulatedEc2({ region, claimScope: 'eni' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const tags = { use: 'media', stage: 'live' };
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId, tags });
  /** Whether the statements let the source/destination check be set. */
  const mayModify = async (...Statement: IamStatement[]): Promise<boolean> => {
    ec2.setPolicy({ Version: '2012-10-17', Statement });
    const input = { networkInterfaceId, sourceDestCheck: false };
    return ec2.setSourceDestCheck(input).then(
      () => true,
      (error: unknown) => {
        expect(error).toMatchObject({ ec2Code: 'UnauthorizedOperation', httpStatus: 403 });
        return false;
      },
    );
  };
  return { ec2, vpcId, networkInterfaceId, mayModify };
}

const allow: IamStatement = { Effect: 'Allow', Action: 'ec2:*', Resource: '*' };
const deny: IamStatement = { ...allow, Effect: 'Deny' };

describe('a policy', () => {
  it.each<[string, readonly IamStatement[], boolean]>([
    ['without statements allows nothing', [], false],
    ['allows what a statement allows', [allow], true],
    ['allows what one of several does', [{ ...allow, Action: 'ec2:DeleteTags' }, allow], true],
    ['denies what a statement denies, whatever others allow', [allow, deny], false],
    ['denies what is named only', [allow, { ...deny, Action: 'ec2:CreateTags' }], true],
    ['takes actions in any case', [{ ...allow, Action: ['ec2:modifynetwork*'] }], true],
    [
      'knows resources by their ARNs',
      [{ ...allow, Resource: 'arn:aws:ec2:eu-central-1:123456789012:network-interface/*' }],
      true,
    ],
    [
      'of another region is not of this one',
      [{ ...allow, Resource: 'arn:aws:ec2:us-west-2:*:network-interface/*' }],
      false,
    ],
    [
      'of another kind of resource is not of this one',
      [{ ...allow, Resource: 'arn:aws:ec2:*:*:route-table/*' }],
      false,
    ],
  ])('%s', async (_what, statements, expected) => {
    expect(await build().mayModify(...statements)).toBe(expected);
  });

  it.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
  ])('of %s is of partition %s', async (region, partition) => {
    const { mayModify } = build(region);
    expect(await mayModify({ ...allow, Resource: `arn:${partition}:ec2:*:*:*` })).toBe(true);
    expect(await mayModify({ ...allow, Resource: 'arn:aws:ec2:*:*:*' })).toBe(false);
  });

  it('is none again', async () => {
    const { ec2, mayModify } = build();
    expect(await mayModify(deny)).toBe(false);
    ec2.setPolicy(undefined);
    await ec2.describeAddresses({});
  });

  it.each<[string, Partial<IamStatement>, RegExp]>([
    ['an operator', { Condition: { StringIs: { 'ec2:Region': 'a' } } }, /statement 2.*StringIs/],
    [
      'a key',
      { Condition: { StringEquals: { 'aws:SourceIp': 'a' } } },
      /statement 2.*aws:SourceIp/,
    ],
    ['an action', { Action: 'CreateTags' }, /statement 2: CreateTags/],
    ['an ARN', { Resource: 'eni-1' }, /statement 2: eni-1/],
    [
      'a variable',
      { Condition: { StringEquals: { 'ec2:ResourceTag/a': '${aws:PrincipalTag/a}' } } },
      /statement 2.*\$\{aws:PrincipalTag\/a\}/,
    ],
    ['an element', { NotAction: 'ec2:*' } as Partial<IamStatement>, /statement 2.*NotAction/],
    ['an effect', { Effect: 'allow' } as unknown as Partial<IamStatement>, /statement 2.*Effect/],
    ['no action', { Action: undefined } as unknown as Partial<IamStatement>, /no Action/],
    ['no resource', { Resource: undefined } as unknown as Partial<IamStatement>, /no Resource/],
  ])('with %s that is not known says so', (_what, part, message) => {
    const { ec2 } = build();
    expect(() => ec2.setPolicy({ Statement: [allow, { ...allow, ...part }] })).toThrow(message);
  });
});

function met(Condition: NonNullable<IamStatement['Condition']>): Promise<boolean> {
  return build().mayModify({ ...allow, Condition });
}

describe('a condition', () => {
  const use = 'ec2:ResourceTag/use';
  const other = 'ec2:ResourceTag/other';

  it.each([
    ['StringEquals', { [use]: 'media' }, true],
    ['StringEquals', { [use]: ['calls', 'media'] }, true],
    ['StringEquals', { [use]: 'med*' }, false],
    ['StringEquals', { 'EC2:resourcetag/USE': 'media' }, true],
    ['StringEquals', { [use]: 'media', 'aws:ResourceTag/stage': 'test' }, false],
    ['StringEquals', { [other]: 'media' }, false],
    ['StringEqualsIfExists', { [other]: 'media' }, true],
    ['StringEqualsIfExists', { [use]: 'calls' }, false],
    ['StringEqualsIgnoreCase', { [use]: 'Media' }, true],
    ['StringNotEquals', { [use]: ['calls', 'media'] }, false],
    ['StringNotEquals', { [use]: 'calls' }, true],
    ['StringNotEquals', { [other]: 'media' }, true],
    ['StringLike', { [use]: 'm?d*' }, true],
    ['StringLike', { [use]: 'm.d*' }, false],
    ['StringNotLike', { [use]: 'm?d*' }, false],
    ['ForAllValues:StringEquals', { 'aws:TagKeys': 'owner' }, true],
    ['ForAnyValue:StringEquals', { 'aws:TagKeys': 'owner' }, false],
    ['Null', { 'aws:TagKeys': 'false' }, false],
    ['Null', { 'aws:TagKeys': true }, true],
    ['Null', { [use]: 'false' }, true],
    ['StringEquals', { 'ec2:Region': 'eu-central-1' }, true],
    ['StringEquals', { 'aws:RequestedRegion': 'us-west-2' }, false],
    ['StringEquals', { 'ec2:Attribute': 'SourceDestCheck' }, true],
    ['StringEquals', { 'ec2:Attribute/SourceDestCheck': 'true' }, false],
    ['Bool', { 'ec2:Attribute/SourceDestCheck': false }, true],
    ['StringEquals', { 'ec2:AvailabilityZone': 'eu-central-1a' }, true],
    ['ArnLike', { 'ec2:Vpc': 'arn:aws:ec2:*:*:vpc/vpc-*' }, true],
    ['ArnLike', { 'ec2:Vpc': 'arn:*:vpc/vpc-*' }, false],
    ['ArnNotEquals', { 'ec2:Subnet': 'arn:aws:ec2:*:*:subnet/subnet-0*' }, false],
  ] as const)('%s %o is met: %s', async (operator, wanted, expected) => {
    expect(await met({ [operator]: wanted })).toBe(expected);
  });
});
