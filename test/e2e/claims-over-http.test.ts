import type { Ipv4Address } from '@truetuple/core';
import type { Ec2Action } from '@truetuple/core/testing';
import { expect, test } from 'vitest';
import { acquire, buildRegion, claimsSuite, leftIn } from './claims-suite.ts';
import { httpBench } from './http-bench.ts';

claimsSuite('over HTTP through the AWS SDK', httpBench({ maxAttempts: 3 }));

const lost: readonly Ec2Action[] = [
  'AssignPrivateIpAddresses',
  'AssociateAddress',
  'CreateTags',
  'CreateRoute',
];

// in the suite the SDK's own second try meets the lost answer; here the adapter hears of it
test('a connection that breaks before the answer is no failure, even when the SDK tries once', async () => {
  const options = { region: 'eu-central-1', claimScope: 'privateIp' } as const;
  const bench = await httpBench({ maxAttempts: 1 })(options);
  const { simulated, ec2 } = bench;
  try {
    const { interfaces } = buildRegion(simulated, { interfaces: 1, addresses: 2 });
    const [eni] = interfaces;
    for (const action of lost) simulated.inject({ action, loseAnswer: true });
    const grant = await acquire(ec2, {
      name: 'pod-0',
      macAddress: eni?.macAddress ?? '',
      privateIp: '10.0.2.10' as Ipv4Address,
    });
    const held = leftIn(simulated);
    expect(held.associations).toEqual([grant.associationId]);
    expect(held.routes).toEqual([`${grant.publicIp}/32`, `${grant.publicIp}/32`]);
    const broken = simulated.calls.entries.filter(({ outcome }) => outcome === 'answer-lost');
    expect(broken.map(({ action }) => action)).toEqual(lost);
  } finally {
    await bench.close();
  }
});
