import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import type { Cidr, Ipv4Address } from '../../identity/address.ts';
import { formatOwnerTag, ownerTagKey, type Owner } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface, RouteTable } from '../ec2/ec2-api.ts';
import { viewAfter, type CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import { planAlone, type CloudPlan, type WantedIdentity } from './plan-cloud.ts';

const privateIp = '10.0.2.11' as Ipv4Address;
const eniId = 'eni-1';
const me: Owner = { cluster: 'c', namespace: 'n', pod: 'me', uid: 'uid-me' };
const dead: Owner = { ...me, uid: 'uid-dead' };

const wanted: WantedIdentity = {
  kind: 'identity',
  owner: me,
  privateIp,
  networkInterfaceId: eniId,
  excluded: [],
  privateIpAssignedByUs: false,
  withRoutes: true,
};

function recordOf(owner: Owner, privateIpAssignedByUs = true): string {
  return formatOwnerTag({ owner, privateIp, privateIpAssignedByUs, networkInterfaceId: eniId });
}

function address(number: number, owner?: string): ElasticIp {
  return {
    allocationId: `eipalloc-${number}`,
    publicIp: `203.0.113.${number}`,
    tags: owner === undefined ? [] : [{ key: ownerTagKey, value: owner }],
  };
}

function onOurPrivateIp(number: number, owner?: string): ElasticIp {
  return {
    ...address(number, owner),
    associationId: `eipassoc-${number}`,
    networkInterfaceId: eniId,
    privateIpAddress: privateIp,
  };
}

function interfaceWith(carried?: {
  readonly publicIp: string;
  readonly allocationId?: string;
  readonly associationId?: string;
}): NetworkInterface {
  const { publicIp = '', allocationId = '', associationId = '' } = carried ?? {};
  const association =
    allocationId === '' ? { publicIp } : { publicIp, allocationId, associationId };
  return {
    networkInterfaceId: eniId,
    vpcId: 'vpc-1',
    subnetId: 'subnet-1',
    macAddress: '02:00:00:00:00:01',
    sourceDestCheck: false,
    status: 'in-use',
    privateIpAddresses: [
      { privateIpAddress: '10.0.2.10', primary: true },
      {
        privateIpAddress: privateIp,
        primary: false,
        ...(carried === undefined ? {} : { association }),
      },
    ],
    tags: [],
  };
}

type Target = 'none' | 'ours' | 'other' | 'gateway';

function table(id: string, routes: Readonly<Record<string, Target>> = {}): RouteTable {
  const shown = Object.entries(routes).flatMap(
    ([ip, target]): readonly RouteTable['routes'][number][] => {
      const route = { destinationCidrBlock: `${ip}/32`, state: 'active' as const };
      if (target === 'none') return [];
      if (target === 'gateway') return [{ ...route, gatewayId: 'igw-1' }];
      return [{ ...route, networkInterfaceId: target === 'ours' ? eniId : 'eni-other' }];
    },
  );
  return { routeTableId: id, vpcId: 'vpc-1', routes: shown, associatedSubnetIds: [], tags: [] };
}

function stepsOf(plan: CloudPlan): readonly CloudStep[] {
  if (plan.kind === 'steps') return plan.steps;
  throw new Error(`no steps: ${JSON.stringify(plan)}`);
}

function kindsOf(plan: CloudPlan): string[] {
  return stepsOf(plan).map(({ kind }) => kind);
}

function applyAll(view: CloudView, steps: readonly CloudStep[]): CloudView {
  return steps.reduce((now, step) => viewAfter(now, { step }), view);
}

const drawn = fc.record({
  kinds: fc.array(fc.constantFrom('free', 'tagged', 'mine', 'elsewhere'), { maxLength: 6 }),
  occupant: fc.constantFrom('none', 'mine', 'bare', 'dead', 'unreadable'),
  targets: fc.array(fc.constantFrom<Target>('none', 'ours', 'other'), {
    minLength: 14,
    maxLength: 14,
  }),
  hasPrivateIp: fc.boolean(),
  sourceDestCheck: fc.boolean(),
  showsAssociation: fc.boolean(),
});

function poolAddress(kind: string, index: number): ElasticIp {
  if (kind === 'free') return address(index);
  if (kind !== 'elsewhere') return address(index, recordOf(kind === 'mine' ? me : dead));
  const networkInterfaceId = index % 2 === 0 ? eniId : 'eni-other';
  const place = { networkInterfaceId, privateIpAddress: '10.0.2.99' };
  return { ...address(index), associationId: `eipassoc-${index}`, ...place };
}

/** Any state of a pool, an ENI and two route tables, as far as a plan for one identity can meet it. */
const views: fc.Arbitrary<CloudView> = drawn.map((facts) => {
  const records = { mine: recordOf(me), bare: undefined, dead: recordOf(dead), unreadable: '?' };
  const occupant =
    facts.occupant === 'none' || !facts.hasPrivateIp
      ? []
      : [onOurPrivateIp(50, records[facts.occupant])];
  const addresses = [...facts.kinds.map(poolAddress), ...occupant];
  const shown = interfaceWith(facts.showsAssociation ? occupant[0] : undefined);
  const routesFrom = (first: number): Record<string, Target> =>
    Object.fromEntries(
      addresses.map(({ publicIp }, index) => [publicIp, facts.targets[first + index] ?? 'none']),
    );
  return {
    networkInterfaces: [
      {
        ...shown,
        sourceDestCheck: facts.sourceDestCheck,
        privateIpAddresses: shown.privateIpAddresses.filter(
          (one) => one.primary || facts.hasPrivateIp,
        ),
      },
    ],
    addresses,
    routeTables: [table('rtb-1', routesFrom(0)), table('rtb-2', routesFrom(7))],
  };
});

describe('planCloud, an identity', () => {
  const destination = '203.0.113.1/32' as Cidr;

  test.prop([views])('its plan, applied, leaves nothing to plan', (view) => {
    const plan = planAlone(wanted, view);
    fc.pre(plan.kind === 'steps');
    const after = applyAll(view, stepsOf(plan));
    expect(planAlone(wanted, after)).toEqual({ kind: 'steps', steps: [] });
  });

  test.prop([views])('cut short after any step, the next plan holds one address too', (view) => {
    const plan = planAlone(wanted, view);
    fc.pre(plan.kind === 'steps');
    const steps = stepsOf(plan);
    for (let done = 0; done <= steps.length; done++) {
      const halfWay = applyAll(view, steps.slice(0, done));
      const end = applyAll(halfWay, stepsOf(planAlone(wanted, halfWay)));
      expect(planAlone(wanted, end)).toEqual({ kind: 'steps', steps: [] });
      expect(end.addresses.filter((one) => one.privateIpAddress === privateIp)).toHaveLength(1);
    }
  });

  test.prop([views])('claims once at most, nothing that is associated, routes after it', (view) => {
    const plan = planAlone(wanted, view);
    fc.pre(plan.kind === 'steps');
    const steps = stepsOf(plan);
    const claims = steps.filter((step) => step.kind === 'associate-address');
    expect(claims.length).toBeLessThanOrEqual(1);
    for (const one of view.addresses.filter((each) => each.privateIpAddress === '10.0.2.99')) {
      expect(claims.map(({ allocationId }) => allocationId)).not.toContain(one.allocationId);
      expect(JSON.stringify(steps)).not.toContain(`"${one.associationId}"`);
    }
    const kinds = steps.map(({ kind }) => kind);
    const before = kinds.slice(0, Math.max(0, kinds.indexOf('associate-address')));
    expect(before).not.toContain('create-route');
    expect(before).not.toContain('replace-route');
  });

  it('goes up in the order of the architecture', () => {
    const eni = { ...interfaceWith(), sourceDestCheck: true };
    const bare = { ...eni, privateIpAddresses: eni.privateIpAddresses.slice(0, 1) };
    const routeTables = [table('rtb-1'), table('rtb-2', { '203.0.113.1': 'other' })];
    const view = { networkInterfaces: [bare], addresses: [address(1)], routeTables };
    const [allocationId, publicIp] = ['eipalloc-1', '203.0.113.1'];
    const networkInterfaceId = eniId;
    expect(stepsOf(planAlone(wanted, view))).toEqual([
      { kind: 'disable-source-dest-check', networkInterfaceId: eniId },
      { kind: 'assign-private-ip', networkInterfaceId: eniId, privateIp },
      {
        kind: 'associate-address',
        allocationId,
        publicIp,
        networkInterfaceId: eniId,
        privateIp,
      },
      { kind: 'tag-owner', allocationId, value: recordOf(me, true) },
      { kind: 'create-route', routeTableId: 'rtb-1', destination, networkInterfaceId },
      { kind: 'replace-route', routeTableId: 'rtb-2', destination, networkInterfaceId },
    ]);
    const unrouted = kindsOf(planAlone({ ...wanted, withRoutes: false }, view));
    expect(unrouted.at(-1)).toBe('tag-owner');
  });

  it('records a private IP that it found as found', () => {
    const view = { networkInterfaces: [interfaceWith()], addresses: [address(1)], routeTables: [] };
    expect(stepsOf(planAlone(wanted, view)).at(-1)).toMatchObject({ value: recordOf(me, false) });
  });

  it('knows by its record on an address it lost that it registered the private IP', () => {
    const addresses = [address(1), { ...address(2, recordOf(me, true)), associationId: 'a' }];
    const view = { networkInterfaces: [interfaceWith()], addresses, routeTables: [] };
    expect(stepsOf(planAlone(wanted, view)).at(-1)).toMatchObject({ value: recordOf(me, true) });
  });

  it('ends what a dead pod left on a recycled private IP, and takes over its duty to unassign', () => {
    const left = onOurPrivateIp(1, recordOf(dead, true));
    const view = {
      networkInterfaces: [interfaceWith(left)],
      addresses: [left],
      routeTables: [table('rtb-1', { '203.0.113.1': 'ours' }), table('rtb-2')],
    };
    const steps = stepsOf(planAlone(wanted, view));
    expect(steps.map(({ kind }) => kind)).toEqual([
      'delete-route',
      'disassociate-address',
      'untag-owner',
      'associate-address',
      'tag-owner',
      'create-route',
      'create-route',
    ]);
    expect(steps[1]).toMatchObject({ associationId: 'eipassoc-1' });
    expect(steps[2]).toMatchObject({ value: recordOf(dead, true) });
    expect(steps[4]).toMatchObject({ value: recordOf(me, true) });
  });

  it.each([
    ['no owner tag', undefined, ['tag-owner']],
    ['our own record', recordOf(me), []],
  ])('adopts what is on our private IP with %s; claims no second one', (_what, tag, kinds) => {
    const ours = onOurPrivateIp(1, tag);
    const addresses = [ours, address(2)];
    const view = { networkInterfaces: [interfaceWith(ours)], addresses, routeTables: [] };
    expect(kindsOf(planAlone(wanted, view))).toEqual(kinds);
  });

  it('keeps its own where a describe shows a dead pod’s on the same private IP, too, from before', () => {
    const ours = onOurPrivateIp(2, recordOf(me));
    const addresses = [onOurPrivateIp(1, recordOf(dead)), ours, address(3)];
    const view = { networkInterfaces: [interfaceWith(ours)], addresses, routeTables: [] };
    expect(kindsOf(planAlone(wanted, view))).toEqual([]);
  });

  it('gives up an address of ours that cannot be used on this node, and claims another', () => {
    const ours = onOurPrivateIp(1, recordOf(me));
    const addresses = [ours, address(2)];
    const view = { networkInterfaces: [interfaceWith(ours)], addresses, routeTables: [] };
    const plan = planAlone({ ...wanted, excluded: ['eipalloc-1'] }, view);
    expect(kindsOf(plan)).toEqual([
      'disassociate-address',
      'untag-owner',
      'associate-address',
      'tag-owner',
    ]);
    expect(stepsOf(plan)[2]).toMatchObject({ allocationId: 'eipalloc-2' });
  });

  it('sees a left-over that only the interface shows, the pool not yet', () => {
    const left = onOurPrivateIp(1, recordOf(dead));
    const addresses = [address(1, recordOf(dead))];
    const view = { networkInterfaces: [interfaceWith(left)], addresses, routeTables: [] };
    expect(stepsOf(planAlone(wanted, view))[0]).toEqual({
      kind: 'disassociate-address',
      associationId: 'eipassoc-1',
      publicIp: '203.0.113.1',
    });
  });

  it.each([
    ['another private IP', '10.0.2.99', eniId],
    ['another network interface', privateIp, 'eni-other'],
  ])('leaves a record of %s on a left-over: that pod may be claiming it', (_what, ip, eni) => {
    const record = recordOf({ ...me, pod: 'other', uid: 'uid-other' })
      .replace(privateIp, ip)
      .replace(eniId, eni);
    const left = onOurPrivateIp(1, record);
    // a stray record on our own place leaves the address ours, unless it cannot be used
    const given = { ...wanted, excluded: ['eipalloc-1'] };
    const addresses = [left, address(2)];
    const view = { networkInterfaces: [interfaceWith(left)], addresses, routeTables: [] };
    expect(kindsOf(planAlone(given, view))).toEqual([
      'disassociate-address',
      'associate-address',
      'tag-owner',
    ]);
  });

  it('leaves the record of a left-over that somebody else has by now, where the interface shows it still', () => {
    const left = onOurPrivateIp(1, recordOf(dead));
    const record = recordOf({ ...me, pod: 'other', uid: 'uid-other' });
    const moved = { ...left, privateIpAddress: '10.0.2.99', associationId: 'eipassoc-new' };
    const addresses = [
      { ...moved, ...address(1, record), associationId: 'eipassoc-new' },
      address(2),
    ];
    const view = { networkInterfaces: [interfaceWith(left)], addresses, routeTables: [] };
    expect(kindsOf(planAlone(wanted, view))).toEqual([
      'disassociate-address',
      'associate-address',
      'tag-owner',
    ]);
  });

  it.each<[string, Partial<CloudView>, Partial<WantedIdentity>, CloudPlan]>([
    ['the ENI is gone', { networkInterfaces: [] }, {}, { kind: 'network-interface-gone' }],
    [
      'an address that is not of the pool is on our private IP',
      { networkInterfaces: [interfaceWith({ publicIp: '198.51.100.9' })] },
      {},
      { kind: 'foreign-address', publicIp: '198.51.100.9' },
    ],
    ['the pool is empty', { addresses: [] }, {}, { kind: 'pool-empty' }],
    [
      'nothing is free',
      { addresses: [{ ...address(1), associationId: 'eipassoc-1' }, address(2)] },
      { excluded: ['eipalloc-2'] },
      { kind: 'pool-exhausted', addresses: 2, excluded: 1, elsewhere: 0 },
    ],
    [
      'the claimed address is no longer ours',
      { addresses: [address(1)] },
      { claimed: 'eipalloc-1' },
      { kind: 'claim-lost', allocationId: 'eipalloc-1' },
    ],
    [
      'a route leads to something that is no interface',
      { routeTables: [table('rtb-1', { '203.0.113.1': 'gateway' })] },
      {},
      { kind: 'foreign-route', routeTableId: 'rtb-1', destination },
    ],
  ])('plans nothing when %s', (_when, seen, more, expected) => {
    const usual = {
      networkInterfaces: [interfaceWith()],
      addresses: [address(1)],
      routeTables: [],
    };
    expect(planAlone({ ...wanted, ...more }, { ...usual, ...seen })).toEqual(expected);
  });
});

describe('an address that our private IP is shown with, and another place too', () => {
  it('keeps its routes and its record: only the association that is shown here is ended, by its id', () => {
    const owner: Owner = { ...me, pod: 'other', uid: 'uid-other' };
    const elsewhere: ElasticIp = {
      ...address(1, recordOf(owner)),
      associationId: 'eipassoc-new',
      networkInterfaceId: eniId,
      privateIpAddress: '10.0.2.99',
    };
    const old = { ...address(1), associationId: 'eipassoc-old' };
    const view: CloudView = {
      networkInterfaces: [interfaceWith(old)],
      addresses: [elsewhere, address(2)],
      routeTables: [table('rtb-1', { '203.0.113.1': 'ours' })],
    };
    const steps = stepsOf(planAlone({ ...wanted, withRoutes: false }, view));
    const touching = steps.filter(
      (step) =>
        step.kind === 'delete-route' ||
        step.kind === 'untag-owner' ||
        step.kind === 'disassociate-address',
    );
    expect(touching).toEqual([
      { kind: 'disassociate-address', associationId: 'eipassoc-old', publicIp: '203.0.113.1' },
    ]);
  });
});
