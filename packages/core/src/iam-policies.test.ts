import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { Ec2Action } from './cloud/ec2/ec2-action.ts';
import type { LivePods } from './cloud/liveness.ts';
import type { OrphanSighting } from './cloud/reap/orphan-sightings.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { handoverTagKey } from './identity/handover.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import { ownerTagKey, poolTagKey, releasedTagKey } from './identity/owner.ts';
import type { KeepEvent } from './keep/keep-event.ts';
import type { NodePorts } from './node-ports.ts';
import { reapOrphans } from './reap-orphans.ts';
import { requestHandover } from './request-handover.ts';
import { fakePod } from './testing/fake-kernel/fake-pod.ts';
import { hold, verify, type Held } from './testing/held-with-stun.ts';
import { ManualClock } from './testing/manual-clock.ts';
import type { IamPolicy, IamStatement } from './testing/simulated-ec2/iam/iam-policy.ts';
import type { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';
import { simulatedNode } from './testing/simulated-node.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

const minute = 60_000;
const intervalMs = 30_000;
const nobody: LivePods = { complete: true, pods: [] };
const cluster = { key: 'cluster', value: 'test' };
const address = '203.0.113.50';

function arn(kind: string): string {
  return `arn:aws:ec2:*:*:${kind}/*`;
}

/** The pool's addresses, and the cluster's interfaces and route tables; nothing else, and no address is released. */
function narrowPolicy(vpcId: string): IamPolicy {
  const inVpc = { 'ec2:Vpc': `arn:aws:ec2:eu-central-1:123456789012:vpc/${vpcId}` };
  const ours = { 'ec2:ResourceTag/cluster': cluster.value };
  const ofPool = { [`ec2:ResourceTag/${poolTagKey}`]: 'media' };
  const tagKeys = [ownerTagKey, releasedTagKey, handoverTagKey];
  const tags: Omit<IamStatement, 'Resource' | 'Condition'> = {
    Effect: 'Allow',
    Action: ['ec2:CreateTags', 'ec2:DeleteTags'],
  };
  const named = {
    'ForAllValues:StringEquals': { 'aws:TagKeys': tagKeys },
    Null: { 'aws:TagKeys': 'false' },
  };
  const associations = ['ec2:AssociateAddress', 'ec2:DisassociateAddress'];
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: ['ec2:Describe*', 'ec2:GetManagedPrefixListEntries'],
        Resource: '*',
        Condition: { StringEquals: { 'ec2:Region': 'eu-central-1' } },
      },
      {
        Effect: 'Allow',
        Action: ['PrivateIp', 'Ipv6'].flatMap((what) => [
          `ec2:Assign${what}Addresses`,
          `ec2:Unassign${what}Addresses`,
        ]),
        Resource: arn('network-interface'),
        Condition: { StringEquals: ours, ArnEquals: inVpc },
      },
      {
        Effect: 'Allow',
        Action: 'ec2:ModifyNetworkInterfaceAttribute',
        Resource: arn('network-interface'),
        Condition: {
          StringEquals: { ...ours, 'ec2:Attribute/SourceDestCheck': 'false' },
        },
      },
      {
        Effect: 'Allow',
        Action: associations,
        Resource: arn('elastic-ip'),
        Condition: { StringEquals: ofPool },
      },
      {
        Effect: 'Allow',
        Action: associations,
        Resource: arn('network-interface'),
        Condition: { StringEquals: ours },
      },
      {
        Effect: 'Allow',
        Action: ['ec2:CreateRoute', 'ec2:ReplaceRoute', 'ec2:DeleteRoute'],
        Resource: arn('route-table'),
        Condition: { StringEquals: ours, ArnEquals: inVpc },
      },
      { ...tags, Resource: arn('elastic-ip'), Condition: { StringEquals: ofPool, ...named } },
      {
        ...tags,
        Resource: arn('network-interface'),
        Condition: {
          StringEquals: ours,
          'ForAllValues:StringLike': { 'aws:TagKeys': 'truetuple/ipv6/*' },
          Null: named.Null,
        },
      },
    ],
  };
}

/** Two pods of one ENI, one address, and a route that leads to neither. */
async function build(policyFor: (vpcId: string) => IamPolicy) {
  const clock = new ManualClock();
  const pod = simulatedPod({ clock });
  const { ec2, spec } = pod;
  const { networkInterfaces, vpcs, addresses } = ec2.snapshot();
  const idOf = (deviceIndex: number) =>
    networkInterfaces.find((eni) => eni.attachment?.deviceIndex === deviceIndex);
  const { networkInterfaceId = '', macAddress = '' } = idOf(1) ?? {};
  const [routeTableId = ''] = spec.routeTables.by === 'ids' ? spec.routeTables.routeTableIds : [];
  await ec2.createTags({ resources: [networkInterfaceId, routeTableId], tags: [cluster] });
  const elsewhere = ec2.createNetworkInterface({ subnetId: idOf(0)?.subnetId ?? '' });
  const route = { routeTableId, destinationCidrBlock: `${address}/32` };
  await ec2.createRoute({ ...route, networkInterfaceId: elsewhere.networkInterfaceId });
  ec2.deleteNetworkInterface(elsewhere);
  const kernel = fakePod({
    links: [{ name: 'net1', macAddress, parent: 'eth1', addresses: ['10.0.2.129/24'] }],
  });
  const vpcId = vpcs[0]?.vpcId ?? '';
  const policy = policyFor(vpcId);
  ec2.calls.clear();
  ec2.setPolicy(policy);
  /** What somebody does whom the policy is not for. */
  const byOthers = async <Answer>(act: () => Promise<Answer>): Promise<Answer> => {
    ec2.setPolicy(undefined);
    const calls = [...ec2.calls.entries];
    const answer = await act();
    ec2.calls.clear();
    for (const call of calls) ec2.calls.add(call);
    ec2.setPolicy(policy);
    return answer;
  };
  const allocationId = addresses[0]?.allocationId ?? '';
  const ids = { vpcId, networkInterfaceId, routeTableId, allocationId };
  return { clock, pod, ec2, kernel, byOthers, ids };
}

type World = Awaited<ReturnType<typeof build>>;

const standby = { cluster: 'test', namespace: 'sip', pod: 'standby-0', uid: 'uid-standby' };
const coolDownMs = 1000;

/** Taken, taken away and taken again, asked for and handed over, given back; and what a dead pod left, reaped. */
async function liveThrough(world: World, more: Partial<IdentitySpecInput> = {}): Promise<void> {
  const { clock, pod, ec2, kernel, byOthers, ids } = world;
  const coolDown = { ms: coolDownMs, clock };
  const openGrant = async () => directGrant({ ec2, clock, coolDown, allocate: { upTo: 2 } });
  const node: NodePorts = { ...pod.node, openGrant };
  const spec = { ...pod.spec, ...more };
  const held = await clock.run(ensurePublicIdentity(spec, { node }));
  await clock.advance(5 * minute);
  const events: KeepEvent[] = [];
  const onEvent = (event: KeepEvent): void => void events.push(event);
  await held.keep({ node, intervalMs, random: () => 0.999, onEvent });
  await byOthers(async () => {
    await ec2.disassociateAddress({ associationId: held.identity.associationId });
    const { routeTableId, networkInterfaceId } = ids;
    await ec2.deleteRoute({ routeTableId, destinationCidrBlock: `${address}/32` });
    await ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: true });
  });
  await clock.advance(4 * intervalMs);
  expect(events.map(({ kind }) => kind)).toContain('restored');
  const request = { pool: 'media', address, by: standby };
  const report = await clock.run(requestHandover(request, { ec2, clock }));
  expect(report.outcome).toBe('handed-over');
  const next = { ...pod.spec, owner: standby };
  const other = { ...simulatedNode({ ec2, kernel, clock }), openGrant };
  const taken = await clock.run(ensurePublicIdentity({ ...next, address }, { node: other }));
  await clock.run(taken.release());
  await clock.run(ensurePublicIdentity(next, { node: other }));
  await clock.advance(5 * minute);
  let earlier: readonly OrphanSighting[] = [];
  for (const _ of [1, 2]) {
    const asked = { pool: 'media', live: { livePods: async () => nobody }, earlier };
    const { outcome, failed, sightings } = await clock.run(reapOrphans(asked, { ec2, clock }));
    expect({ outcome, failed }).toEqual({ outcome: { kind: 'finished' }, failed: [] });
    earlier = sightings;
    await clock.advance(5 * minute);
  }
  expect(ec2.snapshot().addresses.flatMap(({ associationId }) => associationId ?? [])).toEqual([]);
  expect(refusedIn(ec2)).toEqual([]);
}

function refusedIn({ calls }: SimulatedEc2): readonly Ec2Action[] {
  return calls.entries.flatMap(({ action, outcome }) =>
    outcome === 'UnauthorizedOperation' ? [action] : [],
  );
}

/** The EC2 rights that the repository's README asks for. */
function rightsOfReadme(): readonly string[] {
  const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');
  const [, said = ''] = /^- EC2 rights: (.*?)^- /ms.exec(readme) ?? [];
  return [...said.matchAll(/`([A-Z]\w+)`/g)].flatMap(([, action]) => action ?? []);
}

const dualStack: Partial<IdentitySpecInput> = {
  addressFamilies: ['ipv4', 'ipv6'],
  publicIpv6: '2001:db8:0:202::50',
  gatewayIpv6: 'fe80::1',
};

function may(actions: readonly string[]): IamPolicy {
  const Action = actions.map((action) => `ec2:${action}`);
  return { Statement: [{ Effect: 'Allow', Action, Resource: '*' }] };
}

describe('the rights that the README lists', () => {
  it('are those that a life in the cloud takes, and no more', async () => {
    const rights = rightsOfReadme();
    const world = await build(() => may(rights));
    await liveThrough(world, dualStack);
    const growing = simulatedPod({ pool: [] });
    growing.ec2.setPolicy(may(rights));
    const { ec2, clock, spec } = growing;
    const openGrant = async () => directGrant({ ec2, clock, allocate: { upTo: 1 } });
    await ensurePublicIdentity(spec, { node: { ...growing.node, openGrant } });
    const proven = await hold();
    putIntoGroup(proven);
    proven.pod.ec2.setPolicy(may(rights));
    await verify(proven);
    const regions = [world.ec2, ec2, proven.pod.ec2];
    expect(regions.flatMap(refusedIn)).toEqual([]);
    const used = regions.flatMap(({ calls }) => Object.keys(calls.counts()));
    expect([...new Set(used)].toSorted()).toEqual(rights.toSorted());
  });
});

/** A group of the interface whose rules name a prefix list. */
function putIntoGroup({ pod: { ec2 }, held }: Held): void {
  const { prefixListId } = ec2.createManagedPrefixList({
    prefixListName: 'callers',
    maxEntries: 1,
    entries: [],
  });
  const ipPermissions = [
    { ipProtocol: 'udp', ipRanges: [], prefixListIds: [prefixListId], hasOtherPeers: false },
  ];
  const networkInterfaceIds = [held.identity.networkInterfaceId];
  const vpcId = ec2.snapshot().vpcs[0]?.vpcId ?? '';
  ec2.createSecurityGroup({ vpcId, ipPermissions, networkInterfaceIds });
}

describe('a policy for the pool and the cluster alone', () => {
  it.each([
    ['one family', {}],
    ['both families', dualStack],
  ])('lets a whole life through, of %s', async (_what, more) => {
    await liveThrough(await build(narrowPolicy), more);
  });

  it('is the one that the documentation gives', () => {
    const page = readFileSync(new URL('../../../docs/iam.md', import.meta.url), 'utf8');
    const [, policy = ''] = /```json\n(.*?)```/s.exec(page) ?? [];
    expect(JSON.parse(policy)).toEqual(narrowPolicy('vpc-0123456789abcdef0'));
  });

  const statements = narrowPolicy('vpc-0').Statement as readonly IamStatement[];

  it.each([...statements.keys()])('needs its statement %i', async (left) => {
    const world = await build((vpcId) => ({
      Statement: (narrowPolicy(vpcId).Statement as readonly IamStatement[]).toSpliced(left, 1),
    }));
    await expect(liveThrough(world, dualStack)).rejects.toThrow();
    expect(refusedIn(world.ec2)).not.toEqual([]);
  });

  it('takes no address of another pool, from nobody and for nobody', async () => {
    const { ec2, ids, byOthers } = await build(narrowPolicy);
    const { networkInterfaceId } = ids;
    const tags = { [poolTagKey]: 'others' };
    const [free, taken] = [ec2.allocateAddress({ tags }), ec2.allocateAddress({ tags })];
    // on an interface that the policy is for
    const { associationId } = await byOthers(() =>
      ec2.associateAddress({ allocationId: taken.allocationId, networkInterfaceId }),
    );
    const { allocationId } = free;
    const resources = [allocationId];
    await expectRefused(ec2, [
      () => ec2.associateAddress({ allocationId, networkInterfaceId }),
      () => ec2.associateAddress({ allocationId: taken.allocationId, networkInterfaceId }),
      () => ec2.disassociateAddress({ associationId }),
      () => ec2.createTags({ resources, tags: [{ key: poolTagKey, value: 'media' }] }),
      () => ec2.createTags({ resources, tags: [{ key: ownerTagKey, value: 'x' }] }),
      () => ec2.releaseAddress({ allocationId }),
    ]);
  });

  it('has to do with no interface that is not of the cluster, and releases nothing', async () => {
    const { ec2, ids, byOthers } = await build(narrowPolicy);
    const { allocationId, networkInterfaceId: own } = ids;
    const other = ec2.snapshot().networkInterfaces.find((eni) => eni.tags.length === 0);
    const { networkInterfaceId = '' } = other ?? {};
    const { associationId } = await byOthers(() =>
      ec2.associateAddress({ allocationId, networkInterfaceId }),
    );
    await expectRefused(ec2, [
      () => ec2.associateAddress({ allocationId, networkInterfaceId }),
      () => ec2.disassociateAddress({ associationId }),
      () => ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: ['10.0.1.9'] }),
      () => ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: false }),
      () => ec2.setSourceDestCheck({ networkInterfaceId: own, sourceDestCheck: true }),
      () => ec2.releaseAddress({ allocationId }),
      () => ec2.allocateTaggedAddress({ tags: [{ key: poolTagKey, value: 'media' }] }),
    ]);
  });

  it('takes no tag off but those of an owner, and never all', async () => {
    const { ec2, ids } = await build(narrowPolicy);
    const resources = [ids.allocationId];
    await expectRefused(ec2, [
      () => ec2.deleteTags({ resources }),
      () => ec2.deleteTags({ resources: [ids.networkInterfaceId] }),
      () => ec2.deleteTags({ resources, tags: [{ key: poolTagKey }] }),
      () => ec2.deleteTags({ resources: [ids.routeTableId], tags: [cluster] }),
    ]);
  });

  it('leads nothing in a table of another VPC, or of another cluster', async () => {
    const { ec2, ids } = await build(narrowPolicy);
    const tags = { [cluster.key]: cluster.value };
    const { vpcId, mainRouteTableId } = ec2.createVpc({ cidr: '10.9.0.0/16' });
    const tables = [
      ec2.createRouteTable({ vpcId, tags }).routeTableId,
      ec2.createRouteTable({ vpcId: ids.vpcId }).routeTableId,
      mainRouteTableId,
    ];
    const { networkInterfaceId } = ids;
    const destinationCidrBlock = '203.0.113.77/32';
    await expectRefused(
      ec2,
      tables.flatMap((routeTableId) => {
        const key = { routeTableId, destinationCidrBlock };
        return [
          () => ec2.createRoute({ ...key, networkInterfaceId }),
          () => ec2.replaceRoute({ ...key, networkInterfaceId }),
          () => ec2.deleteRoute(key),
        ];
      }),
    );
  });
});

/** Each by the policy, whatever EC2 itself would say to it; and nothing has changed. */
async function expectRefused(
  ec2: SimulatedEc2,
  calls: readonly (() => Promise<unknown>)[],
): Promise<void> {
  const before = ec2.snapshot();
  for (const call of calls) {
    await expect(call(), String(call)).rejects.toMatchObject({ ec2Code: 'UnauthorizedOperation' });
  }
  expect(ec2.snapshot()).toEqual(before);
}
