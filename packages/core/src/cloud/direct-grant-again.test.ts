import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { CloudStepEvent, Grant, GrantRequest } from './identity-grant.ts';

const oldIp = '10.0.2.11' as Ipv4Address;
const newIp = '10.0.2.12' as Ipv4Address;
const tags = { [poolTagKey]: 'media' };
const hourMs = 3_600_000;

interface Pod {
  readonly uid: string;
  readonly on: 0 | 1;
  readonly privateIp: Ipv4Address;
}

const first: Pod = { uid: 'uid-old', on: 0, privateIp: oldIp };

/** Two nodes with an ENI each, two addresses, two route tables; all pods have one stable name. */
function build(lagMs: number, options: Partial<SimulatedEc2Options> = {}) {
  const clock = new ManualClock();
  const reads = { lagMs: { addresses: lagMs, networkInterfaces: lagMs, routeTables: lagMs } };
  const base = { region: 'eu-central-1', claimScope: 'eni', clock, reads } as const;
  const ec2 = new SimulatedEc2({ ...base, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const macs = [0, 1].map(() => {
    const { instanceId } = ec2.createInstance();
    return ec2.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false }).macAddress;
  });
  for (let index = 0; index < 2; index++) ec2.allocateAddress({ tags });
  const before = ec2.snapshot();
  const events: CloudStepEvent[] = [];
  /** With a grant of its own, as a process that has just begun. */
  const acquire = (
    { uid, on, privateIp }: Pod,
    published?: Grant,
    more: Partial<GrantRequest> = {},
  ) => {
    const pods = [{ uid, privateIps: [privateIp] }];
    const live = { livePods: async () => ({ complete: true, pods }) };
    return clock.run(
      directGrant({ ec2, clock, live }).acquire({
        spec: parseIdentitySpec({
          owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid },
          pool: 'media',
          region: 'eu-central-1',
          vpcCidrs: ['10.0.0.0/16'],
          routeTables: { by: 'ids', routeTableIds },
        }),
        link: { macAddress: macs[on] ?? '', privateIp },
        onClaimed: async () => {},
        onStep: (event) => events.push(event),
        published,
        ...more,
      }),
    );
  };
  const release = (grant: Grant, claimAgeMs = 0) =>
    clock.run(directGrant({ ec2, clock }).release(grant, { claimAgeMs, isPrivateIpOnLink: true }));
  return { clock, ec2, acquire, release, before, events, routeTableIds };
}

/** What EC2 has of a grant, whatever describes show. */
function standing({ ec2, routeTableIds }: ReturnType<typeof build>, grant: Grant): unknown {
  const { addresses, routeTables } = ec2.snapshot();
  const address = addresses.find(({ allocationId }) => allocationId === grant.allocationId);
  const destinationCidrBlock = `${grant.publicIp}/32`;
  const routed = routeTables.filter(({ routes }) =>
    routes.some(
      (route) =>
        route.destinationCidrBlock === destinationCidrBlock &&
        route.networkInterfaceId === grant.networkInterfaceId,
    ),
  );
  return {
    associationId: address?.associationId,
    privateIp: address?.privateIpAddress,
    records: address?.tags.filter(({ value }) => value.includes(grant.owner.uid)).length,
    isRoutedByAll: routed.length === routeTableIds.length,
  };
}

function whole({ associationId, privateIp }: Grant): unknown {
  return { associationId, privateIp, records: 1, isRoutedByAll: true };
}

const lags = [0, 5000, 60_000];
const readings = [
  { endedAssociation: 'refuse', occupiedPrivateIp: 'refuse' },
  { endedAssociation: 'accept', occupiedPrivateIp: 'displace' },
] as const;
const heirs: readonly (readonly [string, Pod])[] = [
  ['another ENI, its own private IP', { uid: 'uid-new', on: 1, privateIp: newIp }],
  ['another ENI, the same private IP', { uid: 'uid-new', on: 1, privateIp: oldIp }],
  ['the same ENI, its own private IP', { uid: 'uid-new', on: 0, privateIp: newIp }],
  ['the same ENI, the same private IP', { uid: 'uid-new', on: 0, privateIp: oldIp }],
];

const takeOvers = heirs.flatMap(([where, heir]) => lags.map((lagMs) => ({ where, heir, lagMs })));

describe.each(takeOvers)('an heir on $where, describes $lagMs ms behind', ({ heir, lagMs }) => {
  it.each(readings)('has the address of a killed one at once, whole: %o', async (reading) => {
    const built = build(lagMs, reading);
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    const startMs = built.clock.elapsed();
    const grant = await built.acquire(heir);
    expect(grant.publicIp).toBe(old.publicIp);
    expect(standing(built, grant)).toEqual(whole(grant));
    expect(built.clock.elapsed() - startMs).toBeLessThan(3000);
  });

  it.each(readings)('has all of what one that has just released held: %o', async (reading) => {
    const built = build(lagMs, reading);
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    await built.release(old, hourMs);
    const startMs = built.clock.elapsed();
    const grant = await built.acquire(heir);
    expect(standing(built, grant)).toEqual(whole(grant));
    expect(built.clock.elapsed() - startMs).toBeLessThan(3000);
  });

  it.each([0, 4000])('leaves nothing when it releases %i ms later', async (waitMs) => {
    const built = build(lagMs, { endedAssociation: 'refuse' });
    await built.acquire(first);
    await built.clock.advance(hourMs);
    const grant = await built.acquire(heir);
    await built.clock.advance(waitMs);
    await built.release(grant, waitMs);
    expect(built.ec2.snapshot()).toEqual(built.before);
  });

  it('leaves nothing when it fails while its routes are led', async () => {
    const built = build(lagMs, { endedAssociation: 'refuse' });
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    await built.release(old, hourMs);
    built.ec2.onChange(({ kind }) => {
      if (kind === 'route-created') built.ec2.denyActions(['CreateRoute', 'ReplaceRoute']);
    });
    await expect(built.acquire(heir)).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(built.ec2.snapshot()).toEqual(built.before);
  });

  it('leaves no association where EC2 says yes to the end of an ended one', async () => {
    const built = build(lagMs, { endedAssociation: 'accept' });
    await built.acquire(first);
    await built.clock.advance(hourMs);
    const grant = await built.acquire(heir);
    await built.release(grant);
    expect(standing(built, grant)).toMatchObject({ associationId: undefined });
  });
});

const again = lags.flatMap((lagMs) => readings.map((reading) => ({ lagMs, ...reading })));

describe.each(again)('a pod that releases and ensures at once: %o', ({ lagMs, ...reading }) => {
  it('claims anew what it has just let go, and holds all of it', async () => {
    const built = build(lagMs, reading);
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    await built.release(old, hourMs);
    const grant = await built.acquire(first);
    expect(grant.associationId).not.toBe(old.associationId);
    expect(standing(built, grant)).toEqual(whole(grant));
    await built.release(grant);
    expect(built.ec2.snapshot()).toEqual(built.before);
  });

  it('keeps its own association while describes show the one before it', async () => {
    const built = build(lagMs, reading);
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    await built.release(old, hourMs);
    const grant = await built.acquire(first);
    const maintained = directGrant(built).maintain(grant, { claimAgeMs: 1000 });
    const state = await built.clock.run(maintained);
    expect(state).toMatchObject({ kind: 'held', grant: { associationId: grant.associationId } });
  });
});

it('a route that is shown, and is not there, is told as one that failed and one that was made', async () => {
  const built = build(60_000);
  const old = await built.acquire(first);
  await built.clock.advance(hourMs);
  await built.release(old, hourMs);
  built.events.length = 0;
  await built.acquire({ uid: 'uid-new', on: 0, privateIp: newIp });
  const told = built.events
    .filter(({ step }) => step.kind.endsWith('-route'))
    .map(({ phase, step }) => `${step.kind} ${phase}`);
  const once = [
    'replace-route begun',
    'replace-route failed',
    'create-route begun',
    'create-route done',
  ];
  expect(told).toEqual([...once, ...once]);
});

describe('an association that a describe shows as ours', () => {
  it('is claimed again, which changes nothing while it stands', async () => {
    const built = build(0);
    const old = await built.acquire(first);
    const before = built.ec2.snapshot();
    const writes = built.ec2.calls.countWrites();
    expect(await built.acquire(first)).toEqual(old);
    expect(built.ec2.snapshot()).toEqual(before);
    expect(built.ec2.calls.countWrites()).toBe(writes + 1);
  });

  it.each([0, 5000])('is lost to a pod that was quicker, describes %i ms behind', async (lagMs) => {
    const built = build(lagMs, { claimScope: 'privateIp' });
    const old = await built.acquire(first);
    await built.clock.advance(hourMs);
    await built.release(old, hourMs);
    const { allocationId } = old;
    const [, other] = built.ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = other ?? {};
    const quicker = await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    const grant = await built.acquire(first);
    expect(grant.allocationId).not.toBe(allocationId);
    expect(standing(built, grant)).toEqual(whole(grant));
    const taken = built.ec2.snapshot().addresses.find((one) => one.allocationId === allocationId);
    expect(taken?.associationId).toBe(quicker.associationId);
  });

  it('is believed without a write when it stands published', async () => {
    const built = build(0);
    const old = await built.acquire(first);
    const writes = built.ec2.calls.countWrites();
    expect(await built.acquire(first, old)).toEqual(old);
    expect(built.ec2.calls.countWrites()).toBe(writes);
  });

  it('is left alone by an acquire that fails after claiming it again', async () => {
    const built = build(0);
    await built.acquire(first);
    const before = built.ec2.snapshot();
    built.ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    built.ec2.inject({ action: 'DescribeRouteTables', error: 'UnauthorizedOperation', times: 9 });
    await expect(built.acquire(first)).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(built.ec2.snapshot()).toEqual(before);
  });

  it('is left alone where it stands published and no describe showed it, by an acquire that fails', async () => {
    const built = build(4000);
    const old = await built.acquire(first);
    const before = built.ec2.snapshot();
    const claims = built.ec2.calls.count('AssociateAddress');
    built.ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    const stop = new AbortController();
    const onStep = ({ phase, step }: CloudStepEvent): void => {
      if (phase === 'failed' && step.kind === 'associate-address') stop.abort();
    };
    const { signal } = stop;
    const asked = built.acquire(first, old, { signal, onStep });
    await expect(asked).rejects.toMatchObject({ code: 'Aborted' });
    expect(built.ec2.calls.count('AssociateAddress')).toBe(claims + 1);
    expect(built.ec2.snapshot()).toEqual(before);
  });
});

describe('a release of a young claim', () => {
  it('leaves to its next holder what it has lost, also when its first try to end it got no answer', async () => {
    const built = build(0, { endedAssociation: 'refuse' });
    const lost = await built.acquire(first);
    const { associationId, allocationId, publicIp } = lost;
    await built.ec2.disassociateAddress({ associationId });
    const [, other] = built.ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = other ?? {};
    await built.ec2.associateAddress({ allocationId, networkInterfaceId });
    for (const routeTableId of built.routeTableIds) {
      const destinationCidrBlock = `${publicIp}/32`;
      await built.ec2.replaceRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
    }
    const { routeTables } = built.ec2.snapshot();
    built.ec2.inject({ action: 'DisassociateAddress', error: 'InternalError' });
    await built.release(lost, 30_000);
    expect(built.ec2.snapshot().routeTables).toEqual(routeTables);
  });

  it('leaves a route that a hand led elsewhere, once the address is shown as it is', async () => {
    const built = build(0, { endedAssociation: 'refuse', reads: { reachMs: hourMs } });
    const { ec2, clock, routeTableIds } = built;
    const former = await built.acquire(first);
    await clock.advance(60_000);
    const heir = await built.acquire({ uid: 'uid-new', on: 1, privateIp: newIp });
    expect(heir.publicIp).toBe(former.publicIp);
    await clock.advance(30_000);
    const [routeTableId = ''] = routeTableIds;
    const destinationCidrBlock = `${heir.publicIp}/32`;
    const { networkInterfaceId } = former;
    await ec2.replaceRoute({ routeTableId, destinationCidrBlock, networkInterfaceId });
    // as many as are looked at until the claim's own id is asked for
    ec2.inject({ action: 'DescribeAddresses', staleByMs: 60_000, times: 4 });
    await built.release(heir, 30_000);
    const led = ec2
      .snapshot()
      .routeTables.flatMap(({ routes }) => routes)
      .filter((route) => route.destinationCidrBlock === destinationCidrBlock);
    expect(led).toEqual([{ destinationCidrBlock, networkInterfaceId, state: 'active' }]);
    expect(standing(built, heir)).toMatchObject({ associationId: undefined, records: 0 });
  });

  it('takes its private IP off after a throttled try, though no describe shows it yet', async () => {
    const built = build(5000);
    const grant = await built.acquire(first);
    built.ec2.inject({ action: 'UnassignPrivateIpAddresses', error: 'RequestLimitExceeded' });
    await built.release(grant);
    expect(built.ec2.snapshot()).toEqual(built.before);
  });
});

describe('an acquire that fails', () => {
  it('leaves a route that somebody has led elsewhere since it made it', async () => {
    const { ec2, acquire, before } = build(0);
    const [, other] = ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = other ?? {};
    let led: string | undefined;
    ec2.onChange(async (change) => {
      if (change.kind !== 'route-created') return;
      led = change.destinationCidrBlock;
      ec2.denyActions(['CreateRoute']);
      await ec2.replaceRoute({ ...change, networkInterfaceId });
    });
    await expect(acquire(first)).rejects.toMatchObject({ code: 'AccessDenied' });
    const { addresses, routeTables } = ec2.snapshot();
    expect(addresses).toEqual(before.addresses);
    const targets = routeTables.flatMap(({ routes }) =>
      routes.flatMap((one) => (one.destinationCidrBlock === led ? [one.networkInterfaceId] : [])),
    );
    expect(targets).toEqual([networkInterfaceId]);
  });

  it('leaves to another pod of the network interface, which took the address meanwhile, its route', async () => {
    const { ec2, acquire } = build(0);
    const [eni] = ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = eni ?? {};
    const place = { networkInterfaceId, privateIpAddress: newIp };
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [newIp] });
    let taken: string | undefined;
    ec2.onChange(async (change) => {
      if (change.kind !== 'route-created') return;
      taken = change.destinationCidrBlock;
      ec2.denyActions(['CreateRoute']);
      const publicIp = taken.split('/')[0];
      const address = ec2.snapshot().addresses.find((one) => one.publicIp === publicIp);
      const { allocationId = '' } = address ?? {};
      await ec2.associateAddress({ allocationId, ...place, allowReassociation: false });
    });
    await expect(acquire(first)).rejects.toMatchObject({ code: 'AccessDenied' });
    const { addresses, routeTables } = ec2.snapshot();
    const held = addresses.filter((one) => one.privateIpAddress === newIp);
    expect(held.map(({ publicIp }) => `${publicIp}/32`)).toEqual([taken]);
    const routes = routeTables.flatMap((table) => table.routes);
    expect(routes).toContainEqual({
      destinationCidrBlock: taken,
      networkInterfaceId,
      state: 'active',
    });
  });
});

describe('a claim that somebody takes and lets go while it is being made', () => {
  it('is made again: that nobody is shown to have the address does not bring it back', async () => {
    const built = build(0);
    const { ec2, clock } = built;
    const [, other] = ec2.snapshot().networkInterfaces;
    const { networkInterfaceId = '' } = other ?? {};
    let isTaken = false;
    ec2.onChange(async (change) => {
      if (isTaken || change.kind !== 'tags-changed') return;
      isTaken = true;
      const { resourceId: allocationId } = change;
      const taken = { allocationId, networkInterfaceId, allowReassociation: true };
      const { associationId } = await ec2.associateAddress(taken);
      void clock.wait(20).then(() => ec2.disassociateAddress({ associationId }));
    });
    const grant = await built.acquire(first);
    expect(isTaken).toBe(true);
    expect(standing(built, grant)).toEqual(whole(grant));
  });
});
