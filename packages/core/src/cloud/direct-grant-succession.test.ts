import { describe, expect, it } from 'vitest';
import { CoreError } from '../errors.ts';
import type { Ipv4Address } from '../identity/address.ts';
import { parseIdentitySpec } from '../identity/identity-spec.ts';
import { formatHandover, handoverTagKey } from '../identity/handover.ts';
import { poolTagKey } from '../identity/owner.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SimulatedEc2, type SimulatedEc2Options } from '../testing/simulated-ec2/simulated-ec2.ts';
import { directGrant } from './direct-grant.ts';
import type { Grant } from './identity-grant.ts';
import type { LivePods } from './liveness.ts';

const oldIp = '10.0.2.11' as Ipv4Address;
const newIp = '10.0.2.12' as Ipv4Address;
const tags = { [poolTagKey]: 'media' };

interface Pod {
  readonly name?: string;
  readonly uid: string;
  readonly on: 0 | 1;
  readonly privateIp: Ipv4Address;
  readonly live?: () => LivePods | Promise<LivePods>;
  readonly standing?: readonly Ipv4Address[];
}

/** Two nodes with an ENI each, the second one tagged as the pool's, five addresses, one route table. */
function build(options: Partial<SimulatedEc2Options> = {}) {
  const clock = new ManualClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock, ...options });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const enis = [{}, { tags }].map((more) => {
    const { instanceId } = ec2.createInstance();
    return ec2.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false, ...more });
  });
  for (let index = 0; index < 5; index++) ec2.allocateAddress({ tags });
  const acquire = (pod: Pod): Promise<Grant> => {
    const { live, name = 'sip-0', uid, privateIp, standing = [] } = pod;
    const grants = directGrant({
      ec2,
      clock,
      ...(live && { live: { livePods: async () => live() } }),
    });
    return clock.run(
      grants.acquire({
        spec: parseIdentitySpec({
          owner: { cluster: 'c', namespace: 'n', pod: name, uid },
          pool: 'media',
          region: 'eu-central-1',
          vpcCidrs: ['10.0.0.0/16'],
          routeTables: { by: 'ids', routeTableIds: [routeTableId] },
        }),
        link: { macAddress: enis[pod.on]?.macAddress ?? '', privateIp },
        standing,
        onClaimed: async () => {},
      }),
    );
  };
  const on = (index: 0 | 1): readonly string[] =>
    ec2
      .snapshot()
      .networkInterfaces.filter((one) => one.networkInterfaceId === enis[index]?.networkInterfaceId)
      .flatMap((one) => one.privateIpAddresses.map(({ privateIpAddress }) => privateIpAddress));
  const held = () => ec2.snapshot().addresses.filter(({ associationId }) => associationId);
  return { clock, ec2, acquire, on, held, enis };
}

function alive(...pods: LivePods['pods'][number][]): () => LivePods {
  return () => ({ complete: true, pods });
}

const heir = { uid: 'uid-new', on: 1 } as const;
const heirLives = alive({ uid: 'uid-new', privateIps: [newIp] });

async function refusal(attempt: Promise<unknown>): Promise<CoreError> {
  const error: unknown = await attempt.catch((reason: unknown) => reason);
  if (CoreError.is(error)) return error;
  throw new Error('no CoreError', { cause: error });
}

describe('the successor of a dead pod of the same name', () => {
  it.each<[string, Ipv4Address, Partial<SimulatedEc2Options>]>([
    ['with another private IP', newIp, {}],
    ['with the same private IP', oldIp, {}],
    ['while describes are five seconds behind', newIp, { reads: lagging(5000) }],
    ['with the same private IP and slow describes', oldIp, { reads: lagging(5000) }],
  ])('has its address at once, %s', async (_what, privateIp, options) => {
    const { clock, acquire, on, held, ec2, enis } = build(options);
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    await clock.advance(60_000);
    const live = alive({ uid: 'uid-new', privateIps: [privateIp] });
    const grant = await acquire({ ...heir, privateIp, live });
    expect(grant.publicIp).toBe(old.publicIp);
    expect(grant.associationId).not.toBe(old.associationId);
    expect(held()).toMatchObject([{ privateIpAddress: privateIp }]);
    expect(on(0)).toHaveLength(1);
    expect(on(1)).toContain(privateIp);
    expect(ec2.snapshot().routeTables.flatMap((table) => table.routes)).toContainEqual({
      destinationCidrBlock: `${grant.publicIp}/32`,
      networkInterfaceId: enis[1]?.networkInterfaceId,
      state: 'active',
    });
  });

  it.each([
    ['with another private IP', newIp],
    ['with the same private IP', oldIp],
  ])('leaves its address to a standby that has asked for it, %s', async (_what, privateIp) => {
    const { clock, ec2, acquire } = build();
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    const { allocationId, associationId, publicIp } = old;
    const by = { cluster: 'c', namespace: 'n', pod: 'standby', uid: 'uid-standby' };
    const value = formatHandover({ by, associationId, untilMs: clock.now() + 90_000 });
    await ec2.createTags({ resources: [allocationId], tags: [{ key: handoverTagKey, value }] });
    const live = alive({ uid: 'uid-new', privateIps: [privateIp] });
    const grant = await acquire({ ...heir, privateIp, live });
    expect(grant.publicIp).not.toBe(publicIp);
  });

  it.each<[string, () => LivePods | Promise<LivePods>]>([
    ['lives', alive({ uid: 'uid-old', privateIps: [oldIp] })],
    ['may live: the list is incomplete', () => ({ complete: false, pods: [] })],
    ['may live: the list cannot be had', () => Promise.reject(new Error('no API server'))],
    ['had a private IP that another pod has', alive({ uid: 'uid-x', privateIps: [oldIp] })],
    ['had one that may be of a pod of unknown ones', alive({ uid: 'u', privateIps: 'unknown' })],
    ['is not in a list that lacks the successor too, as another cluster’s does', alive()],
  ])('takes another address when the predecessor %s', async (_what, live) => {
    const { acquire, held, on } = build();
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    const grant = await acquire({ ...heir, privateIp: newIp, live });
    expect(grant.publicIp).not.toBe(old.publicIp);
    expect(held()).toHaveLength(2);
    expect(on(0)).toContain(oldIp);
  });

  it('does not take the address of a dead pod of another name', async () => {
    const { acquire, held } = build();
    const old = await acquire({ name: 'sip-1', uid: 'uid-old', on: 0, privateIp: oldIp });
    const grant = await acquire({ ...heir, privateIp: newIp, live: heirLives });
    expect(grant.publicIp).not.toBe(old.publicIp);
    expect(held()).toHaveLength(2);
  });

  it('takes another one when a third pod is quicker, and both hold what they say', async () => {
    const { acquire, ec2, held } = build();
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    let thief: Promise<{ readonly associationId: string }> | undefined;
    ec2.onChange(({ kind }) => {
      if (kind !== 'address-disassociated' || thief !== undefined) return;
      const networkInterfaceId = old.networkInterfaceId;
      thief = ec2.associateAddress({ allocationId: old.allocationId, networkInterfaceId });
    });
    const grant = await acquire({ ...heir, privateIp: newIp, live: heirLives });
    expect(grant.publicIp).not.toBe(old.publicIp);
    const associations = held().map(({ associationId }) => associationId);
    expect(new Set(associations)).toEqual(
      new Set([grant.associationId, (await thief)?.associationId]),
    );
  });

  it('leaves the private IP to a pod that appears on the old ENI meanwhile', async () => {
    const { acquire, on, held } = build();
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    let asked = 0;
    const live = (): LivePods => {
      asked += 1;
      const next = { uid: 'uid-next', privateIps: [oldIp] };
      const self = { uid: heir.uid, privateIps: [newIp] };
      return { complete: true, pods: asked === 1 ? [self] : [self, next] };
    };
    const grant = await acquire({ ...heir, privateIp: newIp, live });
    expect(grant.publicIp).toBe(old.publicIp);
    expect(held()).toHaveLength(1);
    expect(on(0)).toContain(oldIp);
  });

  it('fences a predecessor that runs on although its object was deleted by force', async () => {
    const { acquire, clock, ec2 } = build();
    const old = await acquire({ uid: 'uid-old', on: 0, privateIp: oldIp });
    const grant = await acquire({ ...heir, privateIp: newIp, live: heirLives });
    const zombie = directGrant({ ec2, clock });
    const before = ec2.snapshot();
    expect(await clock.run(zombie.maintain(old, { claimAgeMs: 600_000 }))).toMatchObject({
      kind: 'lost',
      because: 'taken',
      associationId: grant.associationId,
    });
    await clock.run(zombie.release(old, { claimAgeMs: 600_000 }));
    expect(ec2.snapshot()).toEqual(before);
  });
});

function lagging(lagMs: number): NonNullable<SimulatedEc2Options['reads']> {
  return { lagMs: { addresses: lagMs, networkInterfaces: lagMs, routeTables: lagMs } };
}

describe('a private IP that is stuck on another ENI', () => {
  const asking = alive({ uid: 'u', privateIps: [oldIp] });

  it('is taken over from a dead pod of any name, with its address and its record', async () => {
    const { acquire, on, held, ec2 } = build();
    await acquire({ name: 'sip-7', uid: 'uid-dead', on: 0, privateIp: oldIp });
    const live = alive({ uid: 'uid-new', privateIps: [oldIp] });
    const grant = await acquire({ ...heir, privateIp: oldIp, live });
    expect(on(0)).toHaveLength(1);
    expect(held()).toMatchObject([{ associationId: grant.associationId }]);
    const records = ec2.snapshot().addresses.flatMap((one) => one.tags.slice(1));
    expect(records).toHaveLength(1);
    expect(records[0]?.value).toContain('uid-new');
  });

  it.each<[string, (() => LivePods) | undefined, RegExp]>([
    ['nothing proves who is dead', undefined, /holds 10\.0\.2\.11$/],
    ['its pod lives', alive({ uid: 'uid-dead', privateIps: [] }), /uid-dead.*lives/],
    ['the list is incomplete', () => ({ complete: false, pods: [] }), /may be incomplete/],
    ['its pod is of another cluster', () => ({ ...alive()(), cluster: 'd' }), /of cluster c/],
    ['another pod has it too', alive({ uid: 'uid-x', privateIps: [oldIp] }), /uid-x/],
  ])('stays when %s', async (_what, live, why) => {
    const { acquire, ec2 } = build();
    await acquire({ name: 'sip-7', uid: 'uid-dead', on: 0, privateIp: oldIp });
    const before = ec2.snapshot();
    const error = await refusal(acquire({ ...heir, privateIp: oldIp, ...(live && { live }) }));
    expect(error.code).toBe('PrivateIpHeldElsewhere');
    expect(error.message).toMatch(why);
    expect(ec2.snapshot()).toEqual(before);
  });

  it.each<[string, 0 | 1, boolean]>([
    ['of the pool', 1, true],
    ['of others', 0, false],
  ])('without any record goes only off an ENI %s', async (_what, holder, goes) => {
    const { acquire, ec2, enis, on } = build();
    const networkInterfaceId = enis[holder]?.networkInterfaceId ?? '';
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [oldIp] });
    const other = holder === 0 ? 1 : 0;
    const attempt = acquire({ uid: 'u', on: other, privateIp: oldIp, live: asking });
    if (goes) expect((await attempt).networkInterfaceId).toBe(enis[other]?.networkInterfaceId);
    else expect((await refusal(attempt)).message).toMatch(/nothing says that truetuple put/);
    expect(on(holder).includes(oldIp)).toBe(!goes);
  });

  it('stays on an ENI that has it since, whatever a dead pod recorded of another one', async () => {
    const { acquire, ec2, clock, on, enis } = build();
    const dead = await acquire({ name: 'sip-7', uid: 'uid-dead', on: 1, privateIp: oldIp });
    await ec2.disassociateAddress({ associationId: dead.associationId });
    const privateIpAddresses = [oldIp];
    await ec2.unassignPrivateIpAddresses({ ...dead, privateIpAddresses });
    const networkInterfaceId = enis[0]?.networkInterfaceId ?? '';
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses });
    await clock.advance(600_000);
    const live = alive({ uid: 'u', privateIps: [oldIp] });
    const error = await refusal(acquire({ uid: 'u', on: 1, privateIp: oldIp, live }));
    expect(error.message).toMatch(/nothing says that truetuple put/);
    expect(on(0)).toContain(oldIp);
  });

  it('with an address that is not of the pool stays', async () => {
    const { acquire, ec2, enis, on } = build();
    const networkInterfaceId = enis[1]?.networkInterfaceId ?? '';
    await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [oldIp] });
    const { allocationId } = ec2.allocateAddress({ publicIp: '198.51.100.9' });
    const privateIpAddress = oldIp;
    await ec2.associateAddress({ allocationId, networkInterfaceId, privateIpAddress });
    const error = await refusal(acquire({ uid: 'u', on: 0, privateIp: oldIp, live: asking }));
    expect(error.message).toMatch(/carries 198\.51\.100\.9, which is not of the pool/);
    expect(on(1)).toContain(oldIp);
  });
});

/** Restarts two seconds after its claim, when describes show it as free, and a better address too. */
async function restart(
  options: Partial<SimulatedEc2Options>,
  standingOf: (first: Grant) => readonly Ipv4Address[],
) {
  const built = build(options);
  const { clock, ec2, acquire } = built;
  const me = { uid: 'uid-1', on: 0, privateIp: oldIp } as const;
  const best = await acquire(me);
  await clock.run(directGrant({ ec2, clock }).release(best));
  const { allocationId, networkInterfaceId } = best;
  const { associationId } = await ec2.associateAddress({ allocationId, networkInterfaceId });
  await clock.advance(60_000);
  await ec2.disassociateAddress({ associationId });
  await clock.advance(4000);
  const first = await acquire(me);
  expect(first.publicIp).not.toBe(best.publicIp);
  await clock.advance(2000);
  const again = await acquire({ ...me, standing: standingOf(first) });
  return { ...built, first, again };
}

describe('a process that starts again in the same pod', () => {
  it.each(['refuse', 'displace'] as const)(
    'asks for the address on its link first (a private IP with another one: %s)',
    async (occupiedPrivateIp) => {
      const reads = { lagMs: { addresses: 5000, networkInterfaces: 5000 } };
      const { first, again, held } = await restart({ occupiedPrivateIp, reads }, (one) => [
        one.publicIp,
      ]);
      expect(again.associationId).toBe(first.associationId);
      expect(held()).toHaveLength(1);
    },
  );

  // AWS documents that the same claim once more succeeds; should it not, a describe that is behind shows nobody on the address, and
  // who is refused it takes another one
  it.fails('keeps its address where EC2 refuses even that, while describes are behind', async () => {
    const reads = { lagMs: { addresses: 5000, networkInterfaces: 5000 } };
    const options = {
      repeatedAssociation: 'refuse',
      occupiedPrivateIp: 'displace',
      reads,
    } as const;
    const { first, again } = await restart(options, (one) => [one.publicIp]);
    expect(again.publicIp).toBe(first.publicIp);
  });

  it('finds its first address when EC2 refuses a second one for its private IP', async () => {
    const reads = { lagMs: { addresses: 5000, networkInterfaces: 5000 } };
    const { first, again, held } = await restart({ reads }, () => []);
    expect(again.associationId).toBe(first.associationId);
    expect(held()).toHaveLength(1);
  });

  it('registers its private IP again when somebody takes it off before the claim', async () => {
    const { acquire, ec2, on, enis } = build();
    const networkInterfaceId = enis[0]?.networkInterfaceId ?? '';
    let times = 0;
    ec2.onChange(async ({ kind }) => {
      if (kind !== 'private-ip-assigned' || (times += 1) > 2) return;
      await ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [oldIp] });
    });
    const grant = await acquire({ uid: 'uid-1', on: 0, privateIp: oldIp });
    expect(on(0)).toContain(oldIp);
    expect(grant.privateIpAssignedByUs).toBe(true);
  });

  it('what a dead pod recorded on its private IP becomes its own duty', async () => {
    const { acquire, ec2, clock, on } = build();
    const dead = await acquire({ name: 'sip-7', uid: 'uid-dead', on: 0, privateIp: oldIp });
    await ec2.disassociateAddress({ associationId: dead.associationId });
    const grant = await acquire({ uid: 'uid-1', on: 0, privateIp: oldIp });
    expect(grant.privateIpAssignedByUs).toBe(true);
    const before = ec2.snapshot();
    expect(JSON.stringify(before.addresses)).not.toContain('uid-dead');
    const grants = directGrant({ ec2, clock });
    await clock.run(grants.release(dead, { claimAgeMs: 600_000 }));
    expect(ec2.snapshot().networkInterfaces).toEqual(before.networkInterfaces);
    await clock.run(grants.release(grant));
    expect(on(0)).toHaveLength(1);
    expect(ec2.snapshot().addresses.every((one) => one.tags.length === 1)).toBe(true);
  });
});
