import {
  CoreError,
  directGrant,
  ownerTagKey,
  parseIdentitySpec,
  parseOwnerTag,
  poolTagKey,
  type CloudStepEvent,
  type Ec2Api,
  type Grant,
  type GrantRequest,
  type IdentitySpec,
  type Ipv4Address,
} from '@truetuple/core';
import { FakeClock, type SimulatedEc2, type SimulatedEc2Options } from '@truetuple/core/testing';
import { afterEach, describe, expect, it } from 'vitest';

/** A simulated region and a way to talk to it: in process, or over a wire. */
export interface ClaimsBench {
  readonly simulated: SimulatedEc2;
  readonly ec2: Ec2Api;
  close(): Promise<void>;
}

export type MakeBench = (options: SimulatedEc2Options) => Promise<ClaimsBench>;

const pool = 'media';
const region = 'eu-central-1';

interface Region {
  readonly interfaces: readonly {
    readonly networkInterfaceId: string;
    readonly macAddress: string;
  }[];
  readonly routeTableIds: readonly string[];
}

/** A VPC with an Internet gateway, two tagged route tables, media ENIs and a pool. */
export function buildRegion(
  simulated: SimulatedEc2,
  size: { readonly interfaces: number; readonly addresses: number },
): Region {
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16' });
  simulated.createInternetGateway({ vpcId });
  const tags = { 'truetuple/routes': pool };
  const routeTableIds = [1, 2].map(() => simulated.createRouteTable({ vpcId, tags }).routeTableId);
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const interfaces = Array.from({ length: size.interfaces }, (_, index) => {
    const { instanceId } = simulated.createInstance();
    const privateIpAddress = `10.0.2.${200 + index}`;
    return simulated.createNetworkInterface({ subnetId, instanceId, privateIpAddress });
  });
  for (let index = 0; index < size.addresses; index++) {
    simulated.allocateAddress({ tags: { [poolTagKey]: pool } });
  }
  return { interfaces, routeTableIds };
}

export function specFor(pod: string): IdentitySpec {
  return parseIdentitySpec({
    owner: { cluster: 'test', namespace: 'voice', pod, uid: `uid-of-${pod}` },
    pool,
    region,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'tag', key: 'truetuple/routes', value: pool },
  });
}

interface Pod {
  readonly name: string;
  readonly macAddress: string;
  readonly networkInterfaceId: string;
  readonly privateIp: Ipv4Address;
}

/** Pods dealt out over the ENIs; each has a private IP of its own. */
function dealPods(built: Region, count: number): Pod[] {
  return Array.from({ length: count }, (_, index) => {
    const eni = built.interfaces[index % built.interfaces.length];
    if (eni === undefined) throw new RangeError('no network interface');
    const { macAddress, networkInterfaceId } = eni;
    const privateIp = `10.0.2.${10 + index}` as Ipv4Address;
    return { name: `pod-${index}`, macAddress, networkInterfaceId, privateIp };
  });
}

export function acquire(
  ec2: Ec2Api,
  pod: Pick<Pod, 'name' | 'macAddress' | 'privateIp'>,
  more: Partial<GrantRequest> = {},
): Promise<Grant> {
  const { macAddress, privateIp } = pod;
  return directGrant({ ec2, clock: new FakeClock() }).acquire({
    spec: specFor(pod.name),
    link: { macAddress, privateIp },
    onClaimed: async () => {},
    ...more,
  });
}

function releaseGrant(ec2: Ec2Api, grant: Grant): Promise<void> {
  return directGrant({ ec2, clock: new FakeClock() }).release(grant);
}

/** Everything of ours that a region holds. */
export function leftIn(simulated: SimulatedEc2): {
  readonly associations: readonly string[];
  readonly ownerTags: readonly string[];
  readonly routes: readonly string[];
  readonly secondaryPrivateIps: readonly string[];
} {
  const { addresses, networkInterfaces, routeTables } = simulated.snapshot();
  return {
    associations: addresses.flatMap(({ associationId }) => associationId ?? []),
    ownerTags: addresses.flatMap(({ tags }) =>
      tags.flatMap(({ key, value }) => (key === ownerTagKey ? [value] : [])),
    ),
    routes: routeTables.flatMap(({ routes }) =>
      routes.flatMap(({ destinationCidrBlock }) =>
        destinationCidrBlock.endsWith('/32') ? [destinationCidrBlock] : [],
      ),
    ),
    secondaryPrivateIps: networkInterfaces.flatMap(({ privateIpAddresses }) =>
      privateIpAddresses.flatMap((one) => (one.primary ? [] : [one.privateIpAddress])),
    ),
  };
}

export const nothingLeft = { associations: [], ownerTags: [], routes: [], secondaryPrivateIps: [] };

function expectHeld(simulated: SimulatedEc2, pod: Pod, grant: Grant): void {
  const { addresses, networkInterfaces, routeTables } = simulated.snapshot();
  const address = addresses.find(({ allocationId }) => allocationId === grant.allocationId);
  expect(address).toMatchObject({
    associationId: grant.associationId,
    publicIp: grant.publicIp,
    networkInterfaceId: pod.networkInterfaceId,
    privateIpAddress: pod.privateIp,
  });
  const tag = address?.tags.find(({ key }) => key === ownerTagKey)?.value ?? '';
  expect(parseOwnerTag(tag)).toEqual({
    owner: specFor(pod.name).owner,
    privateIp: pod.privateIp,
    privateIpAssignedByUs: true,
    networkInterfaceId: pod.networkInterfaceId,
  });
  const eni = networkInterfaces.find((one) => one.networkInterfaceId === pod.networkInterfaceId);
  expect(eni?.sourceDestCheck).toBe(false);
  for (const routeTableId of grant.routeTableIds) {
    const table = routeTables.find((one) => one.routeTableId === routeTableId);
    expect(table?.routes).toContainEqual({
      destinationCidrBlock: `${grant.publicIp}/32`,
      networkInterfaceId: pod.networkInterfaceId,
      state: 'active',
    });
  }
}

async function fortyPods(bench: ClaimsBench, interfaces: number): Promise<void> {
  const { simulated, ec2 } = bench;
  const built = buildRegion(simulated, { interfaces, addresses: 45 });
  const pods = dealPods(built, 40);
  const grants = await Promise.all(pods.map((pod) => acquire(ec2, pod)));
  expect(new Set(grants.map(({ publicIp }) => publicIp)).size).toBe(40);
  for (const [index, pod] of pods.entries()) {
    const grant = grants[index];
    if (grant === undefined) throw new RangeError('no grant');
    expect(grant.routeTableIds).toHaveLength(2);
    expectHeld(simulated, pod, grant);
  }
  expect(leftIn(simulated).associations).toHaveLength(40);
  await Promise.all(grants.map((grant) => releaseGrant(ec2, grant)));
  expect(leftIn(simulated)).toEqual(nothingLeft);
}

/**
 * What claiming promises, whatever lies between the caller and EC2. The in-process run and the run over
 * HTTP through the AWS SDK are the same assertions.
 */
export function claimsSuite(name: string, makeBench: MakeBench): void {
  describe(`claims ${name}`, () => {
    const open: ClaimsBench[] = [];
    const bench = async (options: Partial<SimulatedEc2Options> = {}): Promise<ClaimsBench> => {
      const made = await makeBench({ region, claimScope: 'privateIp', ...options });
      open.push(made);
      return made;
    };
    afterEach(async () => {
      for (const one of open.splice(0)) await one.close();
    });

    it.each(['eni', 'privateIp'] as const)(
      'two race for the last address, claim scope %s: one has it, the other hears PoolExhausted',
      async (claimScope) => {
        const { simulated, ec2 } = await bench({ claimScope });
        const pods = dealPods(buildRegion(simulated, { interfaces: 2, addresses: 1 }), 2);
        const results = await Promise.allSettled(pods.map((pod) => acquire(ec2, pod)));
        const won = results.findIndex(({ status }) => status === 'fulfilled');
        expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
        const [winner, grant] = [pods[won], results[won]];
        if (winner === undefined || grant?.status !== 'fulfilled') throw new Error('nobody won');
        expectHeld(simulated, winner, grant.value);
        const lost = results[1 - won];
        const reason: unknown = lost?.status === 'rejected' ? lost.reason : undefined;
        if (!CoreError.is(reason)) throw new Error('the loser got no CoreError');
        expect(reason).toMatchObject({ code: 'PoolExhausted', retry: 'later' });
        expect(reason.message).toMatch(/None of the 1 Elastic IPs tagged truetuple\/pool=media/);
        expect(reason.remedy).toMatch(/Add Elastic IPs with the tag truetuple\/pool=media/);
        expect(leftIn(simulated)).toMatchObject({
          associations: [grant.value.associationId],
          secondaryPrivateIps: [winner.privateIp],
        });
        await releaseGrant(ec2, grant.value);
        expect(leftIn(simulated)).toEqual(nothingLeft);
      },
    );

    it('40 pods on 4 ENIs, 45 addresses, two route tables, claims per private IP', async () => {
      await fortyPods(await bench({ claimScope: 'privateIp' }), 4);
    });

    it('40 pods, one an ENI, 45 addresses, two route tables, claims per ENI', async () => {
      await fortyPods(await bench({ claimScope: 'eni' }), 40);
    });

    it('claims per ENI: pods that come one after the other to one ENI do not rob each other', async () => {
      const { simulated, ec2 } = await bench({ claimScope: 'eni' });
      const pods = dealPods(buildRegion(simulated, { interfaces: 1, addresses: 5 }), 5);
      const grants: Grant[] = [];
      for (const pod of pods) grants.push(await acquire(ec2, pod));
      for (const [index, grant] of grants.entries()) {
        const pod = pods[index];
        if (pod !== undefined) expectHeld(simulated, pod, grant);
      }
    });

    it('an acquire with everything in place, and published, writes nothing and has the same claim', async () => {
      const { simulated, ec2 } = await bench();
      const [pod] = dealPods(buildRegion(simulated, { interfaces: 1, addresses: 3 }), 1);
      if (pod === undefined) throw new RangeError('no pod');
      const first = await acquire(ec2, pod);
      simulated.calls.clear();
      const steps: CloudStepEvent[] = [];
      const second = await acquire(ec2, pod, {
        published: first,
        onStep: (event) => steps.push(event),
      });
      expect(second).toEqual(first);
      expect(steps).toEqual([]);
      expect(simulated.calls.countWrites()).toBe(0);
    });

    it('release is safe twice, and spares an address that has a new holder', async () => {
      const { simulated, ec2 } = await bench();
      const [old, next] = dealPods(buildRegion(simulated, { interfaces: 1, addresses: 1 }), 2);
      if (old === undefined || next === undefined) throw new RangeError('no pod');
      const given = await acquire(ec2, old);
      await releaseGrant(ec2, given);
      const held = await acquire(ec2, next);
      await releaseGrant(ec2, given);
      expect(held.publicIp).toBe(given.publicIp);
      expectHeld(simulated, next, held);
    });

    it('converges when the answer of every action is lost once', async () => {
      const { simulated, ec2 } = await bench();
      const [pod] = dealPods(buildRegion(simulated, { interfaces: 1, addresses: 3 }), 1);
      if (pod === undefined) throw new RangeError('no pod');
      for (const action of lostOnce) simulated.inject({ action, loseAnswer: true });
      const grant = await acquire(ec2, pod);
      expectHeld(simulated, pod, grant);
      expect(leftIn(simulated).associations).toEqual([grant.associationId]);
      for (const action of lostOnce) simulated.inject({ action, loseAnswer: true });
      await releaseGrant(ec2, grant);
      expect(leftIn(simulated)).toEqual(nothingLeft);
      const lost = simulated.calls.entries.filter(({ outcome }) => outcome === 'answer-lost');
      expect(new Set(lost.map(({ action }) => action))).toEqual(new Set(lostOnce));
    });
  });
}

/** Every action that one acquire and one release need. */
const lostOnce = [
  'DescribeNetworkInterfaces',
  'DescribeAddresses',
  'DescribeRouteTables',
  'ModifyNetworkInterfaceAttribute',
  'AssignPrivateIpAddresses',
  'AssociateAddress',
  'CreateTags',
  'CreateRoute',
  'DeleteRoute',
  'DisassociateAddress',
  'DeleteTags',
  'UnassignPrivateIpAddresses',
] as const;
