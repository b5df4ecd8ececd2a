import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import type { Cidr } from '../../identity/address.ts';
import type { KeepEvent } from '../../keep/keep-event.ts';
import { ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

function open(...setup: ConstructorParameters<typeof ManagedRegion>): ManagedRegion {
  region = new ManagedRegion(...setup);
  return region;
}

function ensure(pod: ManagedPod): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node });
}

/** What a controller tells, by code. */
function listener() {
  const told: string[] = [];
  return { told, options: { onTrouble: ({ code }: { code: string }) => void told.push(code) } };
}

it('on an interface that the VPC CNI made for itself nobody gets an identity: nothing is written', async () => {
  const built = open();
  const [networkInterfaceId = ''] = built.networkInterfaceIds;
  const tags = [{ key: 'node.k8s.amazonaws.com/instance_id', value: 'i-0123456789abcdef0' }];
  await built.ec2.createTags({ resources: [networkInterfaceId], tags });
  const { told, options } = listener();
  const writes = built.ec2.calls.countWrites();
  built.control('one', { options });
  const refused = built.run(ensure(built.pod('gateway-0')));
  await expect(refused).rejects.toMatchObject({ code: 'NetworkInterfaceManaged', retry: 'never' });
  expect(built.ec2.calls.countWrites()).toBe(writes);
  expect(told).toEqual(['NetworkInterfaceManaged']);
});

describe('a granted identity is compared with EC2 at a full pass', () => {
  const intervalMs = 30_000;

  it.each([
    ['18 s after its last write: at the first one', 18_000, [2, 2]],
    ['10 s after its last write: at the second one', 10_000, [1, 2]],
  ] as const)('%s', async (_what, beforeMs, routes) => {
    const built = open();
    built.control('one', { options: { intervalMs } });
    await built.clock.advance(intervalMs - beforeMs);
    const { identity } = await built.run(ensure(built.pod('gateway-0')));
    const destinationCidrBlock = `${identity.publicIp}/32` as Cidr;
    const [routeTableId = ''] = built.routeTableIds;
    await built.clock.advance(500);
    await built.ec2.deleteRoute({ routeTableId, destinationCidrBlock });
    const seen: number[] = [];
    for (const untilMs of [intervalMs + 2000, 2 * intervalMs + 2000]) {
      await built.clock.advance(untilMs - built.clock.elapsed());
      seen.push(built.routesLeft());
    }
    expect(seen).toEqual(routes);
  });
});

it('a route table that somebody deletes is named in its claim, and by the keep, and the rest stays as it is', async () => {
  const built = open();
  const intervalMs = 30_000;
  built.control('one', { options: { intervalMs } });
  const pod = built.pod('gateway-0');
  const held = await built.run(ensure(pod));
  const events: KeepEvent[] = [];
  const keeping = await held.keep({ onEvent: (event) => void events.push(event) });
  const [routeTableId = ''] = built.routeTableIds;
  built.ec2.deleteResource(routeTableId);
  await built.clock.advance(3 * intervalMs);
  const [claim] = await built.claims.list();
  expect(claim?.status?.trouble?.message).toContain(routeTableId);
  expect(claim?.status?.phase.kind).toBe('granted');
  expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['unsure']));
  expect(await pod.publisher.current()).toEqual(held.identity);
  expect(built.routesLeft()).toBe(1);
  await keeping.close();
});

it('a lease that is lost on the way is no trouble: the next who holds it goes on at once', async () => {
  const built = open();
  let looks = 0;
  const losing = aroundEc2(built.ec2, async (action, call, make) => {
    const answer = await make(call);
    if (action === 'DescribeAddresses' && looks++ === 0) built.lease.grantTo(undefined);
    return answer;
  });
  const { told, options } = listener();
  built.control('one', { ec2: losing, options });
  const pod = built.pod('gateway-0');
  const waiting = ensure(pod);
  await built.clock.advance(5000);
  expect(looks).toBe(1);
  expect(built.carriedBy(pod)).toBeUndefined();
  expect((await built.claims.list())[0]?.status?.trouble ?? null).toBeNull();
  built.lease.grantTo('one');
  const begunMs = built.clock.elapsed();
  const { identity } = await built.run(waiting);
  expect(built.clock.elapsed() - begunMs).toBeLessThan(5000);
  expect(built.carriedBy(pod)).toBe(identity.publicIp);
  expect(told).toEqual([]);
});

it('a private IP that a claim has on another network interface stays there, whoever is missing in a list that is behind', async () => {
  const built = open();
  const { told, options } = listener();
  built.control('one', { options });
  const earlier = built.pod('gateway-0', { node: 0, host: 120 });
  await built.clock.advance(1000);
  const later = built.pod('gateway-1', { node: 1, host: 120 });
  const { identity } = await built.run(ensure(later));
  built.unlist(later);
  const refused = ensure(earlier).catch((error: unknown) => error);
  await built.clock.advance(20_000);
  expect(told).toContain('PrivateIpHeldElsewhere');
  const { addresses } = built.ec2.snapshot();
  const carrying = addresses.filter(({ associationId }) => associationId !== undefined);
  expect(carrying).toMatchObject([
    { publicIp: identity.publicIp, networkInterfaceId: built.networkInterfaceIds[1] },
  ]);
  await built.run(refused);
});
