import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import { rateGovernor } from './cloud/ec2/rate-governor.ts';
import { RequestLanes } from './cloud/ec2/request-lanes.ts';
import type { LivePod } from './cloud/liveness.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapReport } from './reap-report.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';

const region = 'eu-central-1';
const privateIp = '10.0.2.11' as Ipv4Address;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** What a dead pod left, and a reaper whose UnassignPrivateIpAddresses waits for its turn until the lanes' clock is moved. */
async function build() {
  const clock = new FakeClock();
  const ec2 = new SimulatedEc2({ region, claimScope: 'privateIp', clock });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const { instanceId } = ec2.createInstance();
  const eni = ec2.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false });
  const { macAddress, networkInterfaceId } = eni;
  ec2.allocateAddress({ tags: { [poolTagKey]: 'media' } });
  const spec = parseIdentitySpec({
    owner: { cluster: 'c', namespace: 'n', pod: 'dead', uid: 'uid-dead' },
    pool: 'media',
    region,
    vpcCidrs: ['10.0.0.0/16'],
    routeTables: { by: 'ids', routeTableIds: [] },
  });
  const link = { macAddress, privateIp };
  await directGrant({ ec2, clock }).acquire({ spec, link, onClaimed: async () => {} });
  const lanesClock = new ManualClock();
  const lanes = new RequestLanes(
    { clock: lanesClock, random: () => 0 },
    { share: 1, rates: { UnassignPrivateIpAddresses: { burst: 1, perSecond: 0.01 } } },
  );
  await lanes.of('UnassignPrivateIpAddresses').turn(undefined);
  const pods: LivePod[] = [];
  const live = { livePods: async () => ({ complete: true, pods }) };
  const reap = (): Promise<ReapReport> =>
    reapOrphans({ pool: 'media', live, graceMs: 0 }, { ec2: rateGovernor({ ec2, lanes }), clock });
  const waiting = (): number => lanes.of('UnassignPrivateIpAddresses').length;
  const isThere = (): boolean =>
    ec2
      .snapshot()
      .networkInterfaces.some((one) =>
        one.privateIpAddresses.some(({ privateIpAddress }) => privateIpAddress === privateIp),
      );
  return { reap, pods, lanesClock, waiting, isThere, networkInterfaceId };
}

it('what waits for its turn is looked at again: a pod may have come to it meanwhile', async () => {
  const { reap, pods, lanesClock, waiting, isThere } = await build();
  const reaping = reap();
  await lanesClock.settle();
  expect(waiting()).toBe(1);
  pods.push({ uid: 'uid-next', privateIps: [privateIp] });
  vi.advanceTimersByTime(2000);
  const { applied, failed } = await reaping;
  expect(applied.map(({ kind }) => kind)).toEqual(['disassociate-address', 'untag-owner']);
  expect(failed).toEqual([]);
  expect(waiting()).toBe(0);
  expect(isThere()).toBe(true);
});

it('it is taken away when its turn comes within two seconds of a look', async () => {
  const { reap, lanesClock, isThere, networkInterfaceId } = await build();
  const reaping = reap();
  await lanesClock.settle();
  vi.advanceTimersByTime(2000);
  await lanesClock.settle();
  vi.advanceTimersByTime(1999);
  await lanesClock.advance(100_000);
  const { applied } = await reaping;
  expect(applied).toContainEqual({ kind: 'unassign-private-ip', networkInterfaceId, privateIp });
  expect(isThere()).toBe(false);
});

it('what never gets its turn fails, and says so', async () => {
  const { reap, lanesClock, isThere } = await build();
  const reaping = reap();
  for (let look = 0; look < 25; look++) {
    await lanesClock.settle();
    vi.advanceTimersByTime(2000);
  }
  const { outcome, failed } = await reaping;
  expect(outcome).toEqual({ kind: 'finished' });
  expect(failed.map(({ step, error }) => [step.kind, error.code])).toEqual([
    ['unassign-private-ip', 'Throttled'],
  ]);
  expect(isThere()).toBe(true);
});
