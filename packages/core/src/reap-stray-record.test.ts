import { expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { LivePod } from './cloud/liveness.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { ownerTagKey, poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import type { ReapRequest } from './reap-request.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';

const early = '10.0.2.50' as Ipv4Address;
const late = '10.0.2.51' as Ipv4Address;
const graceMs = 60_000;

/**
 * Two pods claimed one address on one network interface: the later one has it, under the record of the earlier one,
 * whose CreateTags came last.
 */
async function build() {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni', clock });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { routeTableId } = ec2.createRouteTable({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const { networkInterfaceId, macAddress } = ec2.createNetworkInterface({ subnetId, instanceId });
  for (let index = 0; index < 2; index++) ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  const acquire = (name: string, privateIp: Ipv4Address) =>
    directGrant({ ec2, clock }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: name, uid: `uid-${name}` },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [routeTableId] },
      }),
      link: { macAddress, privateIp },
      onClaimed: async () => {},
    });
  const raced = await acquire('early', early);
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [late] });
  const { allocationId } = raced;
  const place = { networkInterfaceId, privateIpAddress: late };
  await ec2.associateAddress({ allocationId, ...place, allowReassociation: false });
  const reap = (pods: readonly LivePod[], more: Partial<ReapRequest> = {}) => {
    const live = { livePods: async () => ({ complete: true, pods }) };
    return reapOrphans({ pool: 'media', live, graceMs, ...more }, { ec2, clock });
  };
  const addressOf = (id: string) =>
    ec2.snapshot().addresses.find((address) => address.allocationId === id);
  const racedAddress = () => addressOf(allocationId);
  return { clock, ec2, subnetId, raced, acquire, reap, racedAddress, addressOf };
}

const livingEarly: LivePod = { uid: 'uid-early', privateIps: [early] };
const livingLate: LivePod = { uid: 'uid-late', privateIps: [late] };

function kindsOf({ applied }: ReapReport): string[] {
  return applied.map(({ kind }) => kind);
}

it('an association is no live pod’s because its record names one that has another private IP', async () => {
  const { clock, raced, acquire, reap, racedAddress, addressOf } = await build();
  const other = await acquire('early', early);
  expect(other.allocationId).not.toBe(raced.allocationId);
  const before = addressOf(other.allocationId);
  const first = await reap([livingEarly]);
  expect(first).toMatchObject({ applied: [], waiting: [{ what: /.*/ }] });
  clock.advance(graceMs - 1);
  expect(await reap([livingEarly], { earlier: first.sightings })).toMatchObject({ applied: [] });
  clock.advance(1);
  const due = await reap([livingEarly], { earlier: first.sightings });
  // the record first: nothing is taken away under the name of one that lives
  expect(kindsOf(due)).toEqual(['untag-owner', 'delete-route', 'disassociate-address']);
  expect(racedAddress()).toEqual({
    allocationId: raced.allocationId,
    publicIp: raced.publicIp,
    networkBorderGroup: 'eu-central-1',
    tags: [{ key: poolTagKey, value: 'media' }],
  });
  expect(addressOf(other.allocationId)).toEqual(before);
  expect(await reap([livingEarly], { graceMs: 0 })).toMatchObject({ applied: [], spared: [] });
});

it.each<[string, LivePod[], RegExp]>([
  ['its private IP is a live pod’s', [livingEarly, livingLate], /belongs to live pod uid-late/],
  [
    'a live pod’s private IPs are not known',
    [livingEarly, { ...livingLate, privateIps: 'unknown' }],
    /not known/,
  ],
])('it is left alone, with that record, while %s', async (_when, pods, why) => {
  const { acquire, reap, ec2 } = await build();
  await acquire('early', early);
  const before = ec2.snapshot();
  expect(await reap(pods, { graceMs: 0 })).toMatchObject({ applied: [], spared: [{ why }] });
  expect(ec2.snapshot()).toEqual(before);
});

it('and while whom the record names is not seen with another address: it may be claiming this one', async () => {
  const { reap, ec2 } = await build();
  const before = ec2.snapshot();
  const why = 'its owner uid-early lives and is not seen with another address';
  const report = await reap([livingEarly], { graceMs: 0 });
  expect(report).toMatchObject({ applied: [], spared: [{ why }] });
  expect(ec2.snapshot()).toEqual(before);
});

it('and when it is on another network interface than the record says: no race leads there', async () => {
  const { acquire, reap, ec2, raced, subnetId } = await build();
  await acquire('early', early);
  const { networkInterfaceId } = ec2.createNetworkInterface({ subnetId });
  const { allocationId } = raced;
  await ec2.associateAddress({ allocationId, networkInterfaceId, allowReassociation: true });
  const before = ec2.snapshot();
  expect(await reap([livingEarly], { graceMs: 0 })).toMatchObject({ applied: [], spared: [] });
  expect(ec2.snapshot()).toEqual(before);
});

it('a pod that starts again under such a record keeps its address and records it', async () => {
  const { acquire, raced, racedAddress } = await build();
  const held = racedAddress();
  const again = await acquire('late', late);
  expect(again).toMatchObject({
    allocationId: raced.allocationId,
    associationId: held?.associationId,
  });
  const record = racedAddress()?.tags.find(({ key }) => key === ownerTagKey);
  expect(record?.value).toContain(`/uid-late/${late}/`);
});

it('whom it names takes it away when no address is left for it, and has what the reaper frees then', async () => {
  const { clock, acquire, raced, reap, racedAddress } = await build();
  const third = '10.0.2.52' as Ipv4Address;
  const living = [livingEarly, { uid: 'uid-third', privateIps: [third] }];
  await acquire('third', third);
  await expect(acquire('early', early)).rejects.toMatchObject({ code: 'PoolExhausted' });
  expect(racedAddress()?.tags.map(({ key }) => key)).toEqual([poolTagKey]);
  expect(racedAddress()?.privateIpAddress).toBe(late);
  const first = await reap(living);
  clock.advance(graceMs);
  const due = await reap(living, { earlier: first.sightings });
  // routes wait while a pod without an address lives: it may just have claimed this one
  expect(kindsOf(due)).toEqual(['disassociate-address']);
  expect(await acquire('early', early)).toMatchObject({ allocationId: raced.allocationId });
});
