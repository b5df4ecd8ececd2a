import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import type { Grant } from './cloud/identity-grant.ts';
import type { LivePod, LivePods, Liveness } from './cloud/liveness.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { ownerTagKey, poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import type { ReapRequest } from './reap-request.ts';
import { FakeClock } from './testing/fake-clock.ts';
import type { Ec2Fault } from './testing/simulated-ec2/faults.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';

const pool = 'media';
const region = 'eu-central-1';
const clock = new FakeClock();

/** Two ENIs, the second one tagged as the pool's, two route tables, addresses of the pool and one other. */
function build() {
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const tags = { [poolTagKey]: pool };
  const plain = ec2.createNetworkInterface({ subnetId, instanceId });
  const tagged = ec2.createNetworkInterface({ subnetId, instanceId, tags });
  for (let index = 0; index < 4; index++) ec2.allocateAddress({ tags });
  return { ec2, routeTableIds, plain, tagged, subnetId };
}

type Built = ReturnType<typeof build>;

function hold(built: Built, name: string, privateIp: string, on: 'plain' | 'tagged' = 'plain') {
  return directGrant({ ec2: built.ec2, clock }).acquire({
    spec: parseIdentitySpec({
      owner: { cluster: 'c', namespace: 'n', pod: name, uid: `uid-${name}` },
      pool,
      region,
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds: built.routeTableIds },
    }),
    link: { macAddress: built[on].macAddress, privateIp: privateIp as Ipv4Address },
    onClaimed: async () => {},
  });
}

/** With the same range as the first one: nothing keeps two VPCs of a region from that. */
function anotherVpc(ec2: SimulatedEc2): { readonly subnetId: string } {
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  return ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
}

function pods(...live: LivePod[]): Liveness {
  return { livePods: async () => ({ complete: true, pods: live }) };
}

function listOf(cluster: string): Liveness {
  return { livePods: async () => ({ complete: true, pods: [], cluster }) };
}

function pod(name: string, ...privateIps: string[]): LivePod {
  return { uid: `uid-${name}`, privateIps: privateIps as Ipv4Address[] };
}

/** At first sight; what waits is in reap-passes.test.ts. */
function reap(ec2: Ec2Api, live: Liveness, more: Partial<ReapRequest> = {}): Promise<ReapReport> {
  return reapOrphans({ pool, region, live, graceMs: 0, ...more }, { ec2, clock });
}

function kindsOf(steps: ReapReport['applied']): string[] {
  return steps.map(({ kind }) => kind);
}

const nobody = pods();
const everything = [
  'delete-route',
  'delete-route',
  'disassociate-address',
  'unassign-private-ip',
  'untag-owner',
];

describe('reapOrphans', () => {
  it('takes away all that a dead pod left, and nothing of a live one', async () => {
    const built = build();
    const before = built.ec2.snapshot();
    await hold(built, 'dead', '10.0.2.50');
    const held = await hold(built, 'alive', '10.0.2.51');
    const report = await reap(built.ec2, pods(pod('alive', '10.0.2.51')));
    expect(kindsOf(report.applied)).toEqual(everything);
    expect(report).toMatchObject({ planned: report.applied, spared: [], failed: [] });
    await directGrant({ ec2: built.ec2, clock }).release(held);
    const { addresses, routeTables } = built.ec2.snapshot();
    expect({ addresses, routeTables }).toEqual({
      addresses: before.addresses,
      routeTables: before.routeTables,
    });
  });

  it('a second pass finds nothing; a dry run writes nothing and tells the same plan', async () => {
    const built = build();
    await hold(built, 'dead', '10.0.2.50');
    built.ec2.calls.clear();
    const told = await reap(built.ec2, nobody, { dryRun: true });
    expect(kindsOf(told.planned)).toEqual(everything);
    expect(told.applied).toEqual([]);
    expect(built.ec2.calls.countWrites()).toBe(0);
    expect((await reap(built.ec2, nobody)).applied).toEqual(told.planned);
    expect(await reap(built.ec2, nobody)).toEqual({
      outcome: { kind: 'finished' },
      planned: [],
      applied: [],
      waiting: [],
      spared: [],
      failed: [],
      sightings: [],
    });
  });

  it.each<[string, LivePods, RegExp]>([
    ['the list is incomplete', { complete: false, pods: [] }, /may be incomplete/],
    [
      'the private IPs of a pod are unknown',
      { complete: true, pods: [{ uid: 'uid-new', privateIps: 'unknown' }] },
      /private IPs of live pod uid-new are not known/,
    ],
    [
      'a live pod has the private IP now',
      { complete: true, pods: [pod('new', '10.0.2.50')] },
      /10\.0\.2\.50 belongs to live pod uid-new/,
    ],
  ])('spares an address when %s', async (_when, live, why) => {
    const built = build();
    await hold(built, 'dead', '10.0.2.50', 'tagged');
    const before = built.ec2.snapshot();
    const report = await reap(built.ec2, { livePods: async () => live });
    expect(report.applied).toEqual([]);
    expect(report.spared[0]?.why).toMatch(why);
    expect(report.spared[0]?.what).toContain('10.0.2.50');
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('spares an address whose owner lives although its private IP is not in the list', async () => {
    const built = build();
    await hold(built, 'alive', '10.0.2.50');
    expect((await reap(built.ec2, pods(pod('alive')))).applied).toEqual([]);
  });

  it('spares what a record names as another cluster’s', async () => {
    const built = build();
    const grant = await hold(built, 'dead', '10.0.2.50');
    const why = 'its owner is of cluster c, the list of live pods of d';
    expect(await reap(built.ec2, listOf('d'))).toMatchObject({ applied: [], spared: [{ why }] });
    await built.ec2.disassociateAddress({ associationId: grant.associationId });
    const routes = ['delete-route', 'delete-route'];
    expect(kindsOf((await reap(built.ec2, listOf('d'))).applied)).toEqual(routes);
    expect((await reap(built.ec2, listOf('d'))).spared).toMatchObject([{ why }]);
    const record = ['unassign-private-ip', 'untag-owner'];
    expect(kindsOf((await reap(built.ec2, listOf('c'))).applied)).toEqual(record);
  });

  it('judges an association without an owner tag by its private IP', async () => {
    const built = build();
    const { networkInterfaceId } = built.tagged;
    const [address] = built.ec2.snapshot().addresses;
    const privateIp = '10.0.2.60';
    await built.ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIp],
    });
    await built.ec2.associateAddress({
      allocationId: address?.allocationId ?? '',
      networkInterfaceId,
      privateIpAddress: privateIp,
    });
    const living = await reap(built.ec2, pods(pod('claiming', privateIp)));
    expect(living.applied).toEqual([]);
    const dead = await reap(built.ec2, nobody);
    expect(kindsOf(dead.applied)).toEqual(['disassociate-address', 'unassign-private-ip']);
  });

  it('takes off an owner tag without association, the private IP that it records, and routes to an address that nobody has', async () => {
    const built = build();
    const grant = await hold(built, 'dead', '10.0.2.50');
    await built.ec2.disassociateAddress({ associationId: grant.associationId });
    const report = await reap(built.ec2, nobody);
    expect(kindsOf(report.applied)).toEqual([
      'delete-route',
      'delete-route',
      'unassign-private-ip',
      'untag-owner',
    ]);
  });

  it.each(['in another VPC', 'in the same subnet'])(
    'takes off a recorded private IP where its record says, not one that has it %s since',
    async (where) => {
      const built = build();
      const { ec2, plain } = built;
      const { associationId, networkInterfaceId } = await hold(built, 'dead', '10.0.2.50');
      await ec2.disassociateAddress({ associationId });
      const privateIpAddresses = ['10.0.2.50'];
      await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
      const { subnetId } = where === 'in the same subnet' ? built : anotherVpc(ec2);
      const other = ec2.createNetworkInterface({ subnetId });
      await ec2.assignPrivateIpAddresses({ ...other, privateIpAddresses });
      const report = await reap(ec2, nobody);
      expect(kindsOf(report.applied)).toEqual(['delete-route', 'delete-route', 'untag-owner']);
      expect(networkInterfaceId).toBe(plain.networkInterfaceId);
    },
  );

  it('leaves a private IP with an address that somebody associated since, whatever a describe shows', async () => {
    const built = { ...build(), routeTableIds: [] };
    const { ec2 } = built;
    const { associationId, networkInterfaceId } = await hold(built, 'dead', '10.0.2.50');
    const { allocationId } = ec2.allocateAddress({ publicIp: '198.51.100.7' });
    await ec2.disassociateAddress({ associationId });
    const privateIpAddress = '10.0.2.50';
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    ec2.inject({ action: 'DescribeAddresses', staleByChanges: 2, times: 5 });
    const report = await reap(ec2, nobody);
    expect(kindsOf(report.applied)).toEqual(['disassociate-address', 'untag-owner']);
    const theirs = ec2.snapshot().addresses.find((one) => one.allocationId === allocationId);
    expect(theirs).toMatchObject({ networkInterfaceId, privateIpAddress });
  });

  it('leaves the private IP of an address that it spares, though a describe of its ENI is from before', async () => {
    const { ec2, tagged } = build();
    const { networkInterfaceId } = tagged;
    const allocationId = ec2.snapshot().addresses[0]?.allocationId ?? '';
    const privateIpAddress = '10.0.2.71';
    await ec2.assignPrivateIpAddresses({
      networkInterfaceId,
      privateIpAddresses: [privateIpAddress],
    });
    const tags = [{ key: ownerTagKey, value: 'somebody' }];
    await ec2.createTags({ resources: [allocationId], tags });
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    ec2.inject({ action: 'DescribeNetworkInterfaces', staleByChanges: 1, times: 5 });
    const report = await reap(ec2, nobody);
    expect(report.applied).toEqual([]);
    expect(report.spared).toMatchObject([{ why: 'its owner tag cannot be read: somebody' }]);
  });

  it('takes off a recorded private IP that another VPC has too', async () => {
    const built = build();
    const { ec2 } = built;
    const { associationId, networkInterfaceId } = await hold(built, 'dead', '10.0.2.50');
    await ec2.disassociateAddress({ associationId });
    const other = ec2.createNetworkInterface(anotherVpc(ec2));
    await ec2.assignPrivateIpAddresses({ ...other, privateIpAddresses: ['10.0.2.50'] });
    const { applied } = await reap(ec2, nobody);
    const privateIp = '10.0.2.50';
    expect(applied.filter(({ kind }) => kind === 'unassign-private-ip')).toEqual([
      { kind: 'unassign-private-ip', networkInterfaceId, privateIp },
    ]);
  });

  it('takes off routes of a free address once no live pod can be claiming it, its record once the owner is dead', async () => {
    const built = build();
    const { associationId } = await hold(built, 'alive', '10.0.2.50');
    await hold(built, 'other', '10.0.2.51');
    await built.ec2.disassociateAddress({ associationId });
    const claiming = pods(pod('alive', '10.0.2.50'), pod('other', '10.0.2.51'));
    expect(await reap(built.ec2, claiming)).toMatchObject({
      applied: [],
      spared: [{ why: 'its owner uid-alive lives' }],
    });
    const settled = pods(pod('alive'), pod('other', '10.0.2.51'));
    expect(kindsOf((await reap(built.ec2, settled)).applied)).toEqual([
      'delete-route',
      'delete-route',
    ]);
    const dead = pods(pod('other', '10.0.2.51'));
    const record = ['unassign-private-ip', 'untag-owner'];
    expect(kindsOf((await reap(built.ec2, dead)).applied)).toEqual(record);
  });

  it('a pod that never claims keeps no routes of a free address', async () => {
    const built = build();
    const { associationId } = await hold(built, 'dead', '10.0.2.50');
    await built.ec2.disassociateAddress({ associationId });
    const idle = { ...pod('new', '10.0.2.51'), node: 'node-7' };
    const { applied } = await reap(built.ec2, pods(idle), { dryRun: true });
    expect(applied).toEqual([]);
    const record = ['unassign-private-ip', 'untag-owner'];
    expect(kindsOf((await reap(built.ec2, pods(idle))).applied)).toEqual(record);
    expect((await reap(built.ec2, pods(idle))).spared).toMatchObject([
      { why: 'live pod uid-new on node-7 may be claiming it at this moment' },
    ]);
    const never = pods({ ...idle, mayClaim: false });
    const routes = ['delete-route', 'delete-route'];
    expect(kindsOf((await reap(built.ec2, never)).applied)).toEqual(routes);
  });

  it('spares the routes of a free address when the list is incomplete', async () => {
    const built = build();
    const grant = await hold(built, 'dead', '10.0.2.50');
    await built.ec2.disassociateAddress({ associationId: grant.associationId });
    const live = { livePods: async () => ({ complete: false, pods: [] }) };
    const report = await reap(built.ec2, live);
    expect(report.applied).toEqual([]);
    expect(report.spared).toMatchObject([{ why: 'the list of live pods may be incomplete' }]);
  });

  it('spares the routes of a claim that a describe from before it does not show', async () => {
    const built = build();
    await hold(built, 'alive', '10.0.2.50');
    // back to before the association: tag and two routes came after it
    built.ec2.inject({ action: 'DescribeAddresses', staleByChanges: 4, times: 2 });
    const report = await reap(built.ec2, pods(pod('alive', '10.0.2.50')));
    expect(report.applied).toEqual([]);
  });

  it('takes an unrecorded private IP off an ENI of the pool, and off no other', async () => {
    const built = build();
    const { tagged, plain, ec2 } = built;
    const assign = (eni: typeof plain, ...privateIpAddresses: string[]) =>
      ec2.assignPrivateIpAddresses({ ...eni, privateIpAddresses });
    await assign(tagged, '10.0.2.70', '10.0.2.71');
    await assign(plain, '10.0.2.72');
    const report = await reap(ec2, pods(pod('alive', '10.0.2.71')));
    expect(report.applied).toEqual([
      {
        kind: 'unassign-private-ip',
        networkInterfaceId: tagged.networkInterfaceId,
        privateIp: '10.0.2.70',
      },
    ]);
  });

  it('leaves a private IP that truetuple found, and a route that leads elsewhere', async () => {
    const built = build();
    const { ec2, plain, tagged, routeTableIds } = built;
    const { networkInterfaceId } = plain;
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: ['10.0.2.50'] });
    const { publicIp } = await hold(built, 'dead', '10.0.2.50');
    await ec2.replaceRoute({
      routeTableId: routeTableIds[0] ?? '',
      destinationCidrBlock: `${publicIp}/32`,
      networkInterfaceId: tagged.networkInterfaceId,
    });
    const report = await reap(ec2, nobody);
    expect(kindsOf(report.applied)).toEqual([
      'delete-route',
      'disassociate-address',
      'untag-owner',
    ]);
    expect(report.applied[0]).toMatchObject({ routeTableId: routeTableIds[1] });
  });

  it('leaves alone an unreadable owner tag, and an address that is not of the pool', async () => {
    const built = build();
    const { ec2, tagged } = built;
    const { networkInterfaceId } = tagged;
    const own = ec2.allocateAddress({ publicIp: '198.51.100.7' });
    const odd = ec2.snapshot().addresses[0]?.allocationId ?? '';
    const places: [string, string][] = [
      [own.allocationId, '10.0.2.70'],
      [odd, '10.0.2.71'],
    ];
    for (const [allocationId, privateIpAddress] of places) {
      const privateIpAddresses = [privateIpAddress];
      await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
      await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    }
    await ec2.createTags({ resources: [odd], tags: [{ key: ownerTagKey, value: 'somebody' }] });
    const report = await reap(ec2, nobody);
    expect(report.applied).toEqual([]);
    expect(report.spared.map(({ why }) => why)).toEqual([
      'its owner tag cannot be read: somebody',
      'it carries 198.51.100.7, which is not of the pool',
    ]);
  });

  it('takes away no more than the cap in one pass, and says what waits', async () => {
    const built = build();
    for (const number of [50, 51, 52]) await hold(built, `dead-${number}`, `10.0.2.${number}`);
    const first = await reap(built.ec2, nobody, { cap: 2 });
    expect(kindsOf(first.applied)).toEqual([...everything, ...everything]);
    expect(first.waiting).toMatchObject([{ why: 'one pass takes away 2 orphans' }]);
    expect(kindsOf((await reap(built.ec2, nobody, { cap: 2 })).applied)).toEqual(everything);
  });

  it('goes on with the others when one thing is refused, and reports it', async () => {
    const built = build();
    await hold(built, 'dead-1', '10.0.2.50');
    await hold(built, 'dead-2', '10.0.2.51');
    built.ec2.inject({ action: 'DisassociateAddress', error: 'UnauthorizedOperation' });
    const report = await reap(built.ec2, nobody);
    expect(report.failed).toMatchObject([
      { step: { kind: 'disassociate-address' }, error: { code: 'AccessDenied' } },
    ]);
    expect(kindsOf(report.applied)).toEqual(['delete-route', 'delete-route', ...everything]);
    expect(kindsOf((await reap(built.ec2, nobody)).applied)).toEqual(everything.slice(2));
  });

  it('spares a pod that appears between the judgement and the deed', async () => {
    const built = build();
    await hold(built, 'dead', '10.0.2.50', 'tagged');
    const before = built.ec2.snapshot();
    let asked = 0;
    const live: Liveness = {
      livePods: async () => ({
        complete: true,
        pods: ++asked === 1 ? [] : [pod('new', '10.0.2.50')],
      }),
    };
    const report = await reap(built.ec2, live);
    expect(report.planned).toHaveLength(everything.length);
    expect(report.applied).toEqual([]);
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('spares the next holder that claims while the old one is taken away', async () => {
    const built = build();
    await hold(built, 'dead', '10.0.2.50');
    let next: Grant | undefined;
    const stop = built.ec2.onChange(async (change) => {
      if (change.kind !== 'address-disassociated' || next !== undefined) return;
      stop();
      next = await hold(built, 'dead', '10.0.2.80', 'tagged');
    });
    const live = pods(pod('none', '10.0.2.80'));
    await reap(built.ec2, live);
    const address = built.ec2
      .snapshot()
      .addresses.find(({ allocationId }) => allocationId === next?.allocationId);
    expect(address?.associationId).toBe(next?.associationId);
  });

  it.each(['DescribeAddresses', 'DescribeNetworkInterfaces', 'DescribeRouteTables'] as const)(
    'throws when %s is refused: nothing is judged by half a view',
    async (action) => {
      const built = build();
      await hold(built, 'dead', '10.0.2.50');
      built.ec2.denyActions([action]);
      built.ec2.calls.clear();
      await expect(reap(built.ec2, nobody)).rejects.toMatchObject({ code: 'AccessDenied' });
      expect(built.ec2.calls.countWrites()).toBe(0);
    },
  );

  it.each<[string, Ec2Fault]>([
    ['stays refused', { action: 'UnassignPrivateIpAddresses', error: 'InvalidParameterValue' }],
    ['is throttled', { action: 'DisassociateAddress', error: 'RequestLimitExceeded' }],
  ])('goes on with the others when one orphan %s for long', async (_what, fault) => {
    const built = build();
    await hold(built, 'dead-1', '10.0.2.50');
    await hold(built, 'dead-2', '10.0.2.51');
    built.ec2.inject({ ...fault, times: 25 });
    const report = await reap(built.ec2, nobody);
    expect(report.failed).toHaveLength(1);
    expect(kindsOf(report.applied).slice(-everything.length)).toEqual(everything);
  });

  it('survives lost answers', async () => {
    const built = build();
    await hold(built, 'dead', '10.0.2.50');
    for (const action of ['DeleteRoute', 'DisassociateAddress', 'DeleteTags'] as const) {
      built.ec2.inject({ action, loseAnswer: true });
    }
    built.ec2.inject({ action: 'UnassignPrivateIpAddresses', loseAnswer: true });
    expect((await reap(built.ec2, nobody)).failed).toEqual([]);
    expect(await reap(built.ec2, nobody)).toMatchObject({ planned: [], spared: [] });
  });
});
