import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Grant } from './identity-grant.ts';
import { describeLagMs } from './maintain/judge-claim.ts';

const macAddress = '02:00:00:00:00:aa';
const privateIp = '10.0.2.11' as Ipv4Address;

/** One ENI, two route tables, one address, on which a pod may claim with any uid and private IP. */
function build(options: Partial<SimulatedEc2Options> = {}) {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const { networkInterfaceId } = ec2.createNetworkInterface({
    subnetId,
    instanceId,
    macAddress,
    sourceDestCheck: false,
  });
  ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  const grants = directGrant({ ec2, clock });
  const acquire = (uid: string, on: Ipv4Address = privateIp): Promise<Grant> =>
    grants.acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds },
      }),
      link: { macAddress, privateIp: on },
      onClaimed: async () => {},
    });
  return { clock, ec2, grants, acquire, networkInterfaceId };
}

const readings = ['refuse', 'accept'] as const;

/** A negative age is that of a wall clock that was set back since. */
const late = readings.flatMap((reading) => [
  [reading, describeLagMs] as const,
  [reading, -1] as const,
]);

describe.each(late)('a release that comes again, late; EC2 would %s; age %i', (...what) => {
  const [endedAssociation, claimAgeMs] = what;

  it('leaves the private IP that the next pod has registered and not claimed yet', async () => {
    const { ec2, grants, acquire, networkInterfaceId } = build({ endedAssociation });
    const old = await acquire('uid-old');
    await grants.release(old, { claimAgeMs });
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
    const before = ec2.snapshot();
    await grants.release(old, { claimAgeMs });
    expect(ec2.snapshot()).toEqual(before);
  });

  it('leaves all that the next pod on the same private IP has claimed', async () => {
    const { ec2, grants, acquire } = build({ endedAssociation });
    const old = await acquire('uid-old');
    await grants.release(old, { claimAgeMs });
    await acquire('uid-new');
    const before = ec2.snapshot();
    await grants.release(old, { claimAgeMs });
    expect(ec2.snapshot()).toEqual(before);
  });

  it('leaves routes to the same ENI of a claim that no describe shows yet', async () => {
    const reads = { lagMs: { addresses: 60_000, networkInterfaces: 60_000 } };
    const { clock, ec2, grants, acquire } = build({ endedAssociation, reads });
    const old = await acquire('uid-old');
    clock.advance(120_000);
    await grants.release(old, { claimAgeMs });
    clock.advance(120_000);
    const next = await acquire('uid-new', '10.0.2.12' as Ipv4Address);
    expect(next.publicIp).toBe(old.publicIp);
    const before = ec2.snapshot();
    await grants.release(old, { claimAgeMs });
    expect(ec2.snapshot()).toEqual(before);
  });

  it('goes on with a release that died after it had ended the association', async () => {
    const { ec2, grants, acquire } = build({ endedAssociation });
    const fresh = ec2.snapshot();
    const grant = await acquire('uid-old');
    for (const routeTableId of grant.routeTableIds) {
      await ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${grant.publicIp}/32` });
    }
    await ec2.disassociateAddress({ associationId: grant.associationId });
    await grants.release(grant, { claimAgeMs });
    expect(ec2.snapshot()).toEqual(fresh);
  });
});

describe('a release right after the claim', () => {
  it('ends the claim, though describes show the one of the process before it', async () => {
    const reads = { lagMs: { addresses: 60_000 } };
    const { clock, ec2, grants, acquire } = build({ reads });
    const fresh = ec2.snapshot();
    const first = await acquire('uid-1');
    clock.advance(50_000);
    await grants.release(first);
    const second = await acquire('uid-1');
    expect(second.associationId).not.toBe(first.associationId);
    clock.advance(20_000);
    const [shown] = await ec2.describeAddresses({});
    expect(shown?.associationId).toBe(first.associationId);
    await grants.release(second);
    expect(ec2.snapshot()).toEqual(fresh);
  });

  it.each<[string, SimulatedEc2Options['reads']]>([
    ['addresses', { lagMs: { addresses: 60_000 } }],
    ['route tables', { lagMs: { routeTables: 60_000 } }],
    ['network interfaces', { lagMs: { networkInterfaces: 60_000 } }],
    [
      'everything',
      { lagMs: { addresses: 60_000, routeTables: 60_000, networkInterfaces: 60_000 } },
    ],
  ])('leaves nothing, though describes of %s are a minute behind', async (_what, reads) => {
    const { ec2, grants, acquire } = build(reads === undefined ? {} : { reads });
    const fresh = ec2.snapshot();
    await grants.release(await acquire('uid-1'));
    expect(ec2.snapshot()).toEqual(fresh);
  });

  it.each(['DisassociateAddress', 'DeleteRoute', 'UnassignPrivateIpAddresses'] as const)(
    'leaves nothing, though the answer of %s is lost too',
    async (action) => {
      const lagMs = { addresses: 60_000, routeTables: 60_000, networkInterfaces: 60_000 };
      const { ec2, grants, acquire } = build({ reads: { lagMs } });
      const fresh = ec2.snapshot();
      const grant = await acquire('uid-1');
      ec2.inject({ action, loseAnswer: true });
      await grants.release(grant);
      expect(ec2.snapshot()).toEqual(fresh);
    },
  );
});
