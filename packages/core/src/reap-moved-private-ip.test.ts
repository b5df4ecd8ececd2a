import { expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { LivePod } from './cloud/liveness.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { poolTagKey } from './identity/owner.ts';
import { reapOrphans } from './reap-orphans.ts';
import { FakeClock } from './testing/fake-clock.ts';
import { SimulatedEc2 } from './testing/simulated-ec2/simulated-ec2.ts';

const clock = new FakeClock();
const tags = { [poolTagKey]: 'media' };
const privateIp = '10.0.2.50' as Ipv4Address;

/** Two instances, each with an ENI of the pool in the same subnet: a pod network hands its IPs to any node. */
function build() {
  const ec2 = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'privateIp' });
  const { vpcId } = ec2.createVpc({ cidr: '10.0.0.0/16' });
  ec2.createInternetGateway({ vpcId });
  const { subnetId } = ec2.createSubnet({ vpcId, cidr: '10.0.2.0/24' });
  const nodes = [1, 2].map(() => {
    const { instanceId } = ec2.createInstance();
    const { macAddress } = ec2.createNetworkInterface({ subnetId, instanceId, tags });
    return { instanceId, macAddress };
  });
  for (let index = 0; index < 2; index++) ec2.allocateAddress({ tags });
  const hold = (node: number, uid: string) =>
    directGrant({ ec2, clock }).acquire({
      spec: parseIdentitySpec({
        owner: { cluster: 'c', namespace: 'n', pod: uid, uid },
        pool: 'media',
        region: 'eu-central-1',
        vpcCidrs: ['10.0.0.0/16'],
        routeTables: { by: 'ids', routeTableIds: [] },
      }),
      link: { macAddress: nodes[node]?.macAddress ?? '', privateIp },
      onClaimed: async () => {},
    });
  const reap = (...pods: readonly LivePod[]) => {
    const live = { livePods: async () => ({ complete: true, pods }) };
    return reapOrphans({ pool: 'media', live, graceMs: 0 }, { ec2, clock });
  };
  return { ec2, nodes, hold, reap };
}

it('a private IP that a pod of another node has now is taken off the dead pod’s ENI, and is free for it', async () => {
  const { nodes, hold, reap } = build();
  await hold(0, 'dead');
  await expect(hold(1, 'alive')).rejects.toMatchObject({ code: 'PrivateIpHeldElsewhere' });
  const report = await reap({
    uid: 'alive',
    instanceId: nodes[1]?.instanceId,
    privateIps: [privateIp],
  });
  expect(report.applied.map(({ kind }) => kind)).toContain('unassign-private-ip');
  await hold(1, 'alive');
});

it('so is one that a pod left there which died before it had claimed anything', async () => {
  const { ec2, nodes, hold, reap } = build();
  const { networkInterfaces } = ec2.snapshot();
  const { networkInterfaceId = '' } = networkInterfaces[0] ?? {};
  await ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
  const alive = { uid: 'alive', instanceId: nodes[1]?.instanceId, privateIps: [privateIp] };
  const report = await reap(alive);
  expect(report.applied).toEqual([{ kind: 'unassign-private-ip', networkInterfaceId, privateIp }]);
  await hold(1, 'alive');
});

it('nothing is taken from a pod on its own node, nor from one whose instance nobody knows', async () => {
  const { nodes, hold, reap, ec2 } = build();
  await hold(0, 'dead');
  const before = ec2.snapshot();
  await reap({ uid: 'alive', privateIps: [privateIp] });
  await reap({ uid: 'alive', instanceId: nodes[0]?.instanceId, privateIps: [privateIp] });
  await reap({ uid: 'alive', instanceId: nodes[0]?.instanceId, privateIps: 'unknown' });
  expect(ec2.snapshot()).toEqual(before);
});
