import {
  directGrant,
  governedEc2,
  RequestLanes,
  thisNode,
  type Ipv4Address,
} from '@truetuple/core';
import {
  documentedRates,
  FakeClock,
  ManualClock,
  SimulatedEc2,
  type SimulatedEc2Options,
} from '@truetuple/core/testing';
import { describe, expect, test } from 'vitest';
import { startEc2Endpoint } from '../lab/src/ec2-endpoint/start-ec2-endpoint.ts';
import {
  acquire,
  buildRegion,
  claimsSuite,
  leftIn,
  nothingLeft,
  specFor,
  type MakeBench,
} from './claims-suite.ts';
import { ec2ApiContract } from './ec2-api-contract.ts';
import { httpBench } from './http-bench.ts';

/** A governor over another bench's Ec2Api; a FakeClock's waits take no time. */
function governed(makeBench: MakeBench): MakeBench {
  return async (options) => {
    const bench = await makeBench(options);
    const clock = new FakeClock();
    const lanes = new RequestLanes({ clock, random: () => 0.5 });
    const ec2 = governedEc2({ ec2: bench.ec2, lanes, clock });
    return { simulated: bench.simulated, ec2, close: () => bench.close() };
  };
}

async function inProcess(options: SimulatedEc2Options) {
  const simulated = new SimulatedEc2(options);
  return { simulated, ec2: simulated, close: async () => {} };
}

// the contract of the port, and races for its claims: a governor changes neither
ec2ApiContract('in process, governed', governed(inProcess));
ec2ApiContract('over HTTP, governed', governed(httpBench({ maxAttempts: 1 })));
claimsSuite('in process, governed', governed(inProcess));

describe.each([
  ['in process', inProcess],
  ['over HTTP', httpBench({ maxAttempts: 1 })],
] as const)('an address inside a delegated prefix, %s', (_name, makeBench) => {
  test('is claimed without being assigned, and given back without being unassigned', async () => {
    const bench = await makeBench({
      region: 'eu-central-1',
      claimScope: 'eni',
    });
    const { simulated, ec2 } = bench;
    try {
      const { interfaces } = buildRegion(simulated, { interfaces: 1, addresses: 2 });
      const { macAddress = '', networkInterfaceId = '' } = interfaces[0] ?? {};
      const ipv4Prefixes = ['10.0.2.32/28'];
      await simulated.assignPrivateIpAddresses({ networkInterfaceId, ipv4Prefixes });
      const assigns = () => simulated.calls.count('AssignPrivateIpAddresses');
      const before = assigns();
      const privateIp = '10.0.2.40' as Ipv4Address;
      const grant = await acquire(ec2, { name: 'pod-0', macAddress, privateIp });
      expect(grant).toMatchObject({ privateIp, privateIpAssignedByUs: false });
      expect(leftIn(simulated).associations).toEqual([grant.associationId]);
      await directGrant({ ec2, clock: new FakeClock() }).release(grant);
      expect(leftIn(simulated)).toEqual(nothingLeft);
      expect(assigns()).toBe(before);
      expect(simulated.calls.count('UnassignPrivateIpAddresses')).toBe(0);
      expect(simulated.snapshot().networkInterfaces[0]).toMatchObject({ ipv4Prefixes });
    } finally {
      await bench.close();
    }
  });
});

test('40 pods of one process acquire and release at the documented pace without one throttled call', async () => {
  const clock = new ManualClock();
  const simulated = new SimulatedEc2({
    region: 'eu-central-1',
    claimScope: 'privateIp',
    clock,
    requestRates: documentedRates,
    privateIpsPerNetworkInterface: 50,
  });
  const { interfaces } = buildRegion(simulated, { interfaces: 1, addresses: 45 });
  const lanes = new RequestLanes({ clock, random: () => 0.5 });
  const ec2 = governedEc2({ ec2: simulated, lanes, clock });
  const grants = await clock.run(
    Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        acquire(ec2, {
          name: `pod-${index}`,
          macAddress: interfaces[0]?.macAddress ?? '',
          privateIp: `10.0.2.${10 + index}` as Ipv4Address,
        }),
      ),
    ),
  );
  expect(new Set(grants.map(({ publicIp }) => publicIp)).size).toBe(40);
  await clock.run(Promise.all(grants.map((grant) => directGrant({ ec2, clock }).release(grant))));
  expect(leftIn(simulated)).toEqual(nothingLeft);
  const throttled = simulated.calls.entries.filter((one) => one.outcome === 'RequestLimitExceeded');
  expect(throttled).toEqual([]);
  expect(simulated.calls.count('AssignPrivateIpAddresses')).toBeLessThan(10);
});

test('thisNode() keeps the pace it is told, over HTTP; what is throttled all the same it tries again', async () => {
  const simulated = new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' });
  simulated.inject({ action: 'CreateRoute', error: 'RequestLimitExceeded' });
  const { interfaces } = buildRegion(simulated, { interfaces: 1, addresses: 1 });
  const listen = { host: '127.0.0.1', port: 0 };
  await using endpoint = await startEc2Endpoint({ ec2: simulated, listen });
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' };
  const rates = { DescribeAddresses: { burst: 1, perSecond: 20 } };
  const node = thisNode({ ec2Endpoint: endpoint.url, credentials, rates, share: 1 });
  const spec = specFor('pod-0');
  const grants = await node.openGrant(spec);
  const startedMs = performance.now();
  const grant = await grants.acquire({
    spec,
    link: { macAddress: interfaces[0]?.macAddress ?? '', privateIp: '10.0.2.10' as Ipv4Address },
    onClaimed: async () => {},
  });
  await grants.release(grant);
  expect(leftIn(simulated)).toEqual(nothingLeft);
  const reads = simulated.calls.count('DescribeAddresses');
  expect(reads).toBeGreaterThan(2);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual((reads - 1) * 50 - 1);
  const outcomes = simulated.calls.entries.filter(({ action }) => action === 'CreateRoute');
  // two tables
  expect(outcomes.map(({ outcome }) => outcome)).toEqual(['RequestLimitExceeded', 'done', 'done']);
});

test('thisNode() refuses a pace at which no call could be made', async () => {
  const opened = thisNode({ share: 0 }).openGrant(specFor('pod-0'));
  await expect(opened).rejects.toMatchObject({ code: 'SpecInvalid' });
});
