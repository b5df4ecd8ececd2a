// Calls that name what EC2 has made a moment ago and does not know yet.
import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import type { SimulatedEc2Options } from './testing/simulated-ec2/simulated-ec2.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const freshMs = 3000;
const privateIp = '10.0.2.128';

function refusals({ ec2 }: SimulatedPod): string[] {
  const refused = ec2.calls.entries.filter(({ outcome }) => outcome !== 'done');
  return [...new Set(refused.map(({ action, outcome }) => `${action} ${outcome}`))];
}

function mediaInterface({ ec2 }: SimulatedPod) {
  const [, eni] = ec2.snapshot().networkInterfaces;
  if (eni === undefined) throw new Error('the pod has no media interface');
  return eni;
}

/** Nothing of a pod's is left in EC2. */
function expectNothingLeft(pod: SimulatedPod, privateIps: readonly string[]): void {
  for (const address of pod.ec2.snapshot().addresses) {
    expect(address).not.toHaveProperty('associationId');
    expect(address.tags).toHaveLength(1);
  }
  const shown = mediaInterface(pod).privateIpAddresses;
  expect(shown.map((one) => one.privateIpAddress)).toEqual(privateIps);
  for (const { routes } of pod.ec2.snapshot().routeTables) expect(routes).toHaveLength(1);
}

it.each<[keyof SimulatedEc2Options, string]>([
  ['freshInterfaceMs', 'NetworkInterfaceNotFound'],
  ['freshRouteTableMs', 'RouteTablesNotFound'],
])(
  '%s: an ensure says that it is worth another try later, and leaves nothing',
  async (option, code) => {
    const pod = simulatedPod({ ec2: { [option]: freshMs } });
    const { addresses, routeTables } = pod.ec2.snapshot();
    const failed = ensurePublicIdentity(pod.spec, { node: pod.node });
    await expect(failed).rejects.toMatchObject({ code, retry: 'later' });
    expect(pod.ec2.snapshot()).toMatchObject({ addresses, routeTables });
    expectNothingLeft(pod, ['10.0.2.10']);
    pod.clock.advance(freshMs);
    await ensurePublicIdentity(pod.spec, { node: pod.node });
  },
);

it('an ensure waits until EC2 knows the private IP that it has assigned', async () => {
  const pod = simulatedPod({ ec2: { freshPrivateIpMs: freshMs } });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  expect(refusals(pod)).toEqual(['AssociateAddress InvalidParameterValue']);
  expect(mediaInterface(pod).privateIpAddresses).toMatchObject([
    { primary: true },
    { privateIpAddress: privateIp, association: { publicIp: '203.0.113.50' } },
  ]);
  await releasePublicIdentity(held, { node: pod.node });
  expectNothingLeft(pod, ['10.0.2.10']);
});

it('a keep puts a private IP back whose claim is refused at first', async () => {
  const pod = simulatedPod({ ec2: { freshPrivateIpMs: freshMs } });
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const { networkInterfaceId } = held.identity;
  pod.clock.advance(60_000);
  pod.ec2.calls.clear();
  await pod.ec2.unassignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
  const grant = await pod.node.openGrant(held.identity);
  for (let look = 0; look < 5; look++) {
    await grant.maintain(held.identity, { claimAgeMs: 60_000 }).catch(() => undefined);
    pod.clock.advance(1000);
  }
  expect(refusals(pod)).toEqual(['AssociateAddress InvalidParameterValue']);
  const state = await grant.maintain(held.identity, { claimAgeMs: 60_000 });
  expect(state).toMatchObject({ kind: 'held', repaired: [] });
});

/** A private IP that somebody else has put there stays there, and what it carries with it. */
async function prepare(pod: SimulatedPod): Promise<void> {
  const { networkInterfaceId } = mediaInterface(pod);
  await pod.ec2.assignPrivateIpAddresses({ networkInterfaceId, privateIpAddresses: [privateIp] });
}

it('a release at once asks again for the end of an association that EC2 does not know yet, while describes show it', async () => {
  const pod = simulatedPod({ ec2: { freshAssociationMs: freshMs } });
  await prepare(pod);
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  await releasePublicIdentity(held, { node: pod.node });
  expect(refusals(pod)).toEqual(['DisassociateAddress InvalidAssociationID.NotFound']);
  expectNothingLeft(pod, ['10.0.2.10', privateIp]);
});

it('so does an ensure that gives back what it has just claimed', async () => {
  const pod = simulatedPod({ ec2: { freshAssociationMs: freshMs } });
  await prepare(pod);
  pod.ec2.inject({ action: 'CreateRoute', error: 'RouteLimitExceeded' });
  await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
    code: 'LimitExceeded',
  });
  expectNothingLeft(pod, ['10.0.2.10', privateIp]);
});

it('an association that describes alone go on showing is not asked for for ever', async () => {
  const pod = simulatedPod({ ec2: { reads: { lagMs: { addresses: 60_000 } } } });
  await prepare(pod);
  const held = await ensurePublicIdentity(pod.spec, { node: pod.node });
  pod.clock.advance(60_000);
  const { associationId } = held.identity;
  await pod.ec2.disassociateAddress({ associationId });
  const before = pod.clock.elapsed();
  // so young that EC2 might not know it yet
  const grant = await pod.node.openGrant(held.identity);
  await grant.release(held.identity, { claimAgeMs: 0 });
  expect(pod.clock.elapsed() - before).toBeLessThan(20_000);
});
