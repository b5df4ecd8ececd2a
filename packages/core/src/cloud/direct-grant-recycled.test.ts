import { describe, expect, it } from 'vitest';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { poolTagKey } from '../identity/owner.ts';
import { reapOrphans } from '../reap-orphans.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Grant, ReleaseCall } from './identity-grant.ts';

const hourMs = 3_600_000;
const tags = { [poolTagKey]: 'media' };

interface Pod {
  readonly name: string;
  readonly uid: string;
  readonly privateIp: Ipv4Address;
}

const old: Pod = { name: 'sip-0', uid: 'uid-old', privateIp: '10.0.2.11' as Ipv4Address };
const successor: Pod = { name: 'sip-0', uid: 'uid-new', privateIp: '10.0.2.12' as Ipv4Address };
const neighbour: Pod = { name: 'sip-1', uid: 'uid-next', privateIp: old.privateIp };

/** One network interface, whose private IPs pods get one after the other; describes are five seconds behind. */
function build(endedAssociation: SimulatedEc2Options['endedAssociation'] = 'refuse') {
  const clock = new ManualClock();
  const lagMs = { addresses: 5000, networkInterfaces: 5000, routeTables: 5000 };
  const base = {
    region: 'eu-central-1',
    claimScope: 'privateIp',
    endedAssociation,
    clock,
  } as const;
  const ec2 = new SimulatedEc2({ ...base, reads: { lagMs } });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => ec2.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const setup = { subnetId, instanceId, sourceDestCheck: false, tags };
  const { macAddress } = ec2.createNetworkInterface(setup);
  for (let index = 0; index < 3; index++) ec2.allocateAddress({ tags });
  const before = ec2.snapshot();
  const acquire = ({ name, uid, privateIp }: Pod): Promise<Grant> => {
    const pods = [{ uid, privateIps: [privateIp] }];
    const live = { livePods: async () => ({ complete: true, pods }) };
    return directGrant({ ec2, clock, live }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: name, uid },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds },
      }),
      link: { macAddress, privateIp },
      onClaimed: async () => {},
    });
  };
  /** By a process that does not see the pod's link. */
  const releaseLate = (grant: Grant, call: ReleaseCall = {}): Promise<void> =>
    directGrant({ ec2, clock }).release(grant, { claimAgeMs: hourMs, ...call });
  return { clock, ec2, acquire, releaseLate, before, routeTableIds };
}

/** True when EC2 has all of a grant, whatever describes show. */
function expectWhole({ ec2, routeTableIds }: ReturnType<typeof build>, grant: Grant): void {
  const { addresses, networkInterfaces, routeTables } = ec2.snapshot();
  const { publicIp, privateIp, associationId, networkInterfaceId, owner } = grant;
  const address = addresses.find((one) => one.allocationId === grant.allocationId);
  expect(address).toMatchObject({ associationId, privateIpAddress: privateIp });
  expect(JSON.stringify(address?.tags)).toContain(owner.uid);
  expect(JSON.stringify(networkInterfaces)).toContain(privateIp);
  const route = { destinationCidrBlock: `${publicIp}/32`, networkInterfaceId, state: 'active' };
  const led = routeTables.filter(({ routeTableId }) => routeTableIds.includes(routeTableId));
  for (const { routes } of led) expect(routes).toContainEqual(route);
}

/** The public IPs to which route tables lead. */
function ledTo({ ec2 }: ReturnType<typeof build>): Set<string | undefined> {
  const routes = ec2.snapshot().routeTables.flatMap((table) => table.routes);
  const destinations = routes.map(({ destinationCidrBlock }) => destinationCidrBlock);
  return new Set(
    destinations.filter((one) => one?.endsWith('/32')).map((one) => one?.split('/')[0]),
  );
}

async function died(built: ReturnType<typeof build>, pod: Pod): Promise<Grant> {
  const grant = await built.clock.run(built.acquire(pod));
  await built.clock.advance(hourMs);
  return grant;
}

const readings = ['refuse', 'accept'] as const;

describe.each(readings)(
  'a late release while describes are behind; EC2 would %s to end twice',
  (reading) => {
    it('leaves the private IP to the pod that has claimed with it', async () => {
      const built = build(reading);
      const dead = await died(built, old);
      const grant = await built.clock.run(built.acquire(neighbour));
      await built.clock.run(built.releaseLate(dead));
      expectWhole(built, grant);
    });

    it.each([
      ['at once', 0],
      ['after an outage', 12],
    ])(
      'leaves the private IP to whoever claims with it once the association has ended, %s',
      async (...row) => {
        const [, times] = row;
        const built = build(reading);
        const dead = await died(built, old);
        const { ec2, clock } = built;
        if (times > 0) ec2.inject({ action: 'DisassociateAddress', error: 'InternalError', times });
        const { networkInterfaceId, privateIp: privateIpAddress } = dead;
        const others = ec2.snapshot().addresses.filter((one) => one.associationId === undefined);
        const { allocationId = '' } = others[0] ?? {};
        ec2.onChange(async ({ kind }) => {
          if (kind !== 'address-disassociated') return;
          await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
        });
        await clock.run(built.releaseLate(dead));
        const taken = ec2.snapshot().addresses.find((one) => one.allocationId === allocationId);
        expect(taken).toMatchObject({ networkInterfaceId, privateIpAddress });
      },
    );

    it('leaves the routes to the successor on the same network interface', async () => {
      const built = build(reading);
      const dead = await died(built, old);
      const grant = await built.clock.run(built.acquire(successor));
      expect(grant.publicIp).toBe(dead.publicIp);
      await built.clock.run(built.releaseLate(dead));
      expectWhole(built, grant);
    });

    it('gives all back when nobody has come since, the private IP and the record as soon as describes have caught up', async () => {
      const built = build(reading);
      const dead = await died(built, old);
      const startMs = built.clock.elapsed();
      await built.clock.run(built.releaseLate(dead));
      expect(built.ec2.snapshot()).toEqual(built.before);
      expect(built.clock.elapsed() - startMs).toBeLessThan(13_000);
    });

    it('goes on where a release before it died once the association had ended', async () => {
      const built = build(reading);
      const dead = await died(built, old);
      await built.ec2.disassociateAddress({ associationId: dead.associationId });
      await built.clock.advance(60_000);
      await built.clock.run(built.releaseLate(dead));
      expect(built.ec2.snapshot()).toEqual(built.before);
    });

    it('waits no longer once it is aborted', async () => {
      const built = build(reading);
      const dead = await died(built, old);
      const stop = new AbortController();
      const releasing = built.releaseLate(dead, { signal: stop.signal });
      releasing.catch(() => {});
      await built.clock.advance(6000);
      stop.abort();
      await expect(releasing).rejects.toMatchObject({ code: 'Aborted' });
      expect(built.clock.waiting).toBe(0);
    });
  },
);

describe('a pod on a private IP that describes show with the address of a dead pod', () => {
  it('leaves the routes of the successor that has taken that address to another private IP there', async () => {
    const built = build();
    const dead = await died(built, old);
    const grant = await built.clock.run(built.acquire(successor));
    expect(grant.publicIp).toBe(dead.publicIp);
    const next = await built.clock.run(built.acquire(neighbour));
    expectWhole(built, grant);
    expectWhole(built, next);
  });

  it('leaves the routes to that address to the reaper while nobody else has it', async () => {
    const built = build();
    const { clock, ec2 } = built;
    const dead = await died(built, old);
    const grant = await clock.run(built.acquire(neighbour));
    await clock.advance(hourMs);
    expect(ledTo(built)).toEqual(new Set([dead.publicIp, grant.publicIp]));
    const { uid, privateIp } = neighbour;
    const livePods = async () => ({ complete: true, pods: [{ uid, privateIps: [privateIp] }] });
    const request = { pool: 'media', live: { livePods }, graceMs: 0 };
    await clock.run(reapOrphans(request, { ec2, clock }));
    expect(ledTo(built)).toEqual(new Set([grant.publicIp]));
    expectWhole(built, grant);
  });
});
