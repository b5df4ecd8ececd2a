// "A StatefulSet pod's successor is Ready within 3 s of its net1 existing": virtual time, EC2's documented token buckets, the
// governor over it as thisNode() has it.
import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import { aroundEc2 } from './cloud/ec2/around-ec2.ts';
import type { Ec2Api } from './cloud/ec2/ec2-api.ts';
import { governedEc2 } from './cloud/ec2/governed-ec2.ts';
import { RequestLanes } from './cloud/ec2/request-lanes.ts';
import type { LivePods } from './cloud/liveness.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { Ipv4Address } from './identity/address.ts';
import type { Clock } from './identity/clock.ts';
import { poolTagKey } from './identity/owner.ts';
import type { NodePorts } from './node-ports.ts';
import { fakePod } from './testing/fake-kernel/fake-pod.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemoryPublisher } from './testing/memory-publisher.ts';
import { documentedRates } from './testing/simulated-ec2/request-buckets.ts';
import { seededRandom } from './testing/simulated-ec2/seeded-random.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';
import { simulatedNode } from './testing/simulated-node.ts';

const region = 'eu-central-1';
const pool = 'media';
const readyWithinMs = 3000;
const oldIp = '10.0.2.11' as Ipv4Address;
const newIp = '10.0.2.12' as Ipv4Address;

/** Milliseconds that one call of EC2 takes. */
type Latency = (isRead: boolean) => number;

/** Each call takes its time, half of it on the way there. */
function slow(ec2: Ec2Api, clock: Clock, latency: Latency): Ec2Api {
  return aroundEc2(ec2, async (action, call, make) => {
    const ms = latency(action.startsWith('Describe'));
    await clock.wait(ms / 2);
    const made = await make(call).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    await clock.wait(ms / 2);
    if ('error' in made) throw made.error;
    return made.answer;
  });
}

/** Two nodes with an ENI of the pool each; pods whose names stay. */
function build(latency: Latency) {
  const clock = new ManualClock();
  const rules = { region, claimScope: 'privateIp', clock, requestRates: documentedRates } as const;
  const simulated = new SimulatedEc2(rules);
  const { vpcId } = simulated.createVpc({ cidr: '10.0.0.0/16' });
  simulated.createInternetGateway({ vpcId });
  const routeTableIds = [1, 2].map(() => simulated.createRouteTable({ vpcId }).routeTableId);
  const { subnetId } = simulated.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const enis = [0, 1].map(() => {
    const { instanceId } = simulated.createInstance();
    const tags = { [poolTagKey]: pool };
    return simulated.createNetworkInterface({ subnetId, instanceId, sourceDestCheck: false, tags });
  });
  for (let index = 0; index < 10; index++)
    simulated.allocateAddress({ tags: { [poolTagKey]: pool } });
  let live: LivePods = { complete: true, pods: [] };
  const lanes = new RequestLanes({ clock, random: seededRandom(1) }, {});
  const ec2 = governedEc2({ ec2: slow(simulated, clock, latency), lanes, clock });
  /** A pod whose net1 exists now; answers what it has, and after how many milliseconds it was published. */
  const start = async (uid: string, on: number, privateIp: Ipv4Address) => {
    const kernel = fakePod({
      links: [
        {
          name: 'net1',
          macAddress: enis[on]?.macAddress ?? '',
          parent: 'eth1',
          addresses: [`${privateIp}/24`],
        },
      ],
    });
    const grant = directGrant({ ec2, clock, live: { livePods: async () => live } });
    const parts = { ec2, kernel, clock, publisher: new MemoryPublisher() };
    const node: NodePorts = { ...simulatedNode(parts), openGrant: async () => grant };
    const spec = {
      owner: { cluster: 'c', namespace: 'n', pod: 'sip-0', uid },
      pool,
      region,
      vpcCidrs: ['10.0.0.0/16'],
      routeTables: { by: 'ids', routeTableIds } as const,
    };
    const beganMs = clock.elapsed();
    const held = await clock.run(ensurePublicIdentity(spec, { node }));
    return { held, tookMs: clock.elapsed() - beganMs };
  };
  return {
    clock,
    simulated,
    start,
    enis,
    nowLive: (pods: LivePods['pods']) => (live = { complete: true, pods }),
  };
}

/** Per call; the rest of what a real EC2 does to time is in its token buckets. Assumed, since no account was asked. */
const settings: readonly (readonly [string, (random: () => number) => Latency, number])[] = [
  ['calls that take no time', () => () => 0, 0],
  [
    'describes of 80 to 160 ms, writes of 150 to 300 ms',
    (random) => (isRead) => (isRead ? 80 + 80 * random() : 150 + 150 * random()),
    // so that the time shows at all: at least one describe after the other, and three writes
    610,
  ],
];
const ways = [
  [
    'gave it back',
    (built: ReturnType<typeof build>, held: Held) => built.clock.run(held.release()),
  ],
  ['was killed on the same node', async () => {}],
  ['was lost with its node', async () => {}],
] as const;
type Held = Awaited<ReturnType<ReturnType<typeof build>['start']>>['held'];

describe.each(settings)('with %s', (_name, latencyFrom, atLeastMs) => {
  it.each(ways)(
    'the successor of a pod that %s is ready within 3 s, with its address',
    async (way, end) => {
      const built = build(latencyFrom(seededRandom(7)));
      const { clock, start, nowLive, simulated, enis } = built;
      nowLive([{ uid: 'uid-old', privateIps: [oldIp] }]);
      const old = await start('uid-old', 0, oldIp);
      await clock.advance(600_000);
      await end(built, old.held);
      const on = way === 'was lost with its node' ? 1 : 0;
      nowLive([{ uid: 'uid-new', privateIps: [newIp] }]);
      await clock.advance(60_000);
      const { held, tookMs } = await start('uid-new', on, newIp);
      expect(tookMs).toBeLessThanOrEqual(readyWithinMs);
      expect(tookMs).toBeGreaterThanOrEqual(atLeastMs);
      expect(held.identity.publicIp).toBe(old.held.identity.publicIp);
      const { addresses, networkInterfaces } = simulated.snapshot();
      const mine = addresses.filter(({ associationId }) => associationId !== undefined);
      expect(mine).toMatchObject([
        { privateIpAddress: newIp, networkInterfaceId: enis[on]?.networkInterfaceId },
      ]);
      const all = networkInterfaces.flatMap((eni) => eni.privateIpAddresses);
      expect(all.map(({ privateIpAddress }) => privateIpAddress)).not.toContain(oldIp);
      const refused = simulated.calls.entries.filter(
        ({ outcome }) => outcome === 'RequestLimitExceeded',
      );
      expect(refused).toEqual([]);
    },
  );
});
