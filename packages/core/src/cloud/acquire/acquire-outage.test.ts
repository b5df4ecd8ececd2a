import { expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { Ipv4Address } from '../../identity/address.ts';
import type { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import { simulatedPod } from '../../testing/simulated-pod.ts';
import type { RouteKey } from '../ec2/ec2-api.ts';
import { caughtUpMs } from '../observe/own-writes.ts';

type Meanwhile = (ec2: SimulatedEc2, route: RouteKey) => unknown;

/** After the first VPC route an outage of that length, in which something happens. */
async function afterOutage(outageMs: number, meanwhile: Meanwhile) {
  const { ec2, clock, spec, node } = simulatedPod();
  let isOver = false;
  ec2.onChange(async (change) => {
    if (change.kind !== 'route-created' || isOver) return;
    isOver = true;
    await meanwhile(ec2, change);
    clock.advance(outageMs);
  });
  const { identity } = await ensurePublicIdentity(spec, { node });
  const { addresses, routeTables } = ec2.snapshot();
  const routes = routeTables.flatMap((table) =>
    table.routes.filter((route) => route.destinationCidrBlock === `${identity.publicIp}/32`),
  );
  return { identity, held: addresses[0]?.associationId, routes, ec2 };
}

/** Another pod of the ENI takes the address, and lets it go again with its routes. */
async function takeAndLetGo(ec2: SimulatedEc2, route: RouteKey): Promise<void> {
  const { allocationId = '', networkInterfaceId = '' } = ec2.snapshot().addresses[0] ?? {};
  const privateIpAddress = '10.0.2.77' as Ipv4Address;
  const place = { networkInterfaceId, privateIpAddress };
  await ec2.assignPrivateIpAddresses({
    networkInterfaceId,
    privateIpAddresses: [privateIpAddress],
    allowReassignment: false,
  });
  const { associationId } = await ec2.associateAddress({ allocationId, ...place });
  await ec2.deleteRoute(route);
  await ec2.disassociateAddress({ associationId });
}

/** The next describes are from before the claim. */
function behind(ec2: SimulatedEc2): void {
  for (const action of ['DescribeAddresses', 'DescribeNetworkInterfaces'] as const) {
    ec2.inject({ action, staleByChanges: 4 });
  }
}

it('publishes no claim that it made before an outage and lost in it: what EC2 answered then is not laid over what it shows', async () => {
  const { identity, held, routes } = await afterOutage(caughtUpMs + 1, takeAndLetGo);
  expect(held).toBe(identity.associationId);
  expect(routes).toHaveLength(1);
});

it('nor after one in which the look itself went on: what counts is when the describes that were answered were asked for', async () => {
  const { identity, held } = await afterOutage(0, async (ec2, route) => {
    await takeAndLetGo(ec2, route);
    ec2.inject({ action: 'DescribeAddresses', error: 'InternalError', times: 9 });
  });
  expect(held).toBe(identity.associationId);
});

it('asks once more for a claim that stands after it where no describe shows it, and it is its own to give back', async () => {
  const { identity, held, ec2 } = await afterOutage(caughtUpMs + 1, behind);
  expect(held).toBe(identity.associationId);
  expect(ec2.calls.count('AssociateAddress')).toBe(2);
  const seen: SimulatedEc2[] = [];
  const failed = afterOutage(caughtUpMs + 1, (other) => {
    seen.push(other);
    behind(other);
    other.inject({ action: 'DescribeAddresses', error: 'UnauthorizedOperation' });
  });
  await expect(failed).rejects.toMatchObject({ code: 'AccessDenied' });
  expect(seen[0]?.calls.count('AssociateAddress')).toBe(2);
  expect(seen[0]?.snapshot().addresses[0]?.associationId).toBeUndefined();
});

it('believes its answer of a moment ago, and what describes show', async () => {
  const soon = await afterOutage(caughtUpMs, () => {});
  expect(soon.ec2.calls.count('AssociateAddress')).toBe(1);
  const late = await afterOutage(caughtUpMs + 1, () => {});
  expect(late.ec2.calls.count('AssociateAddress')).toBe(1);
});
