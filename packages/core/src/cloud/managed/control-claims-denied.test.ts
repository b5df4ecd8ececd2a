import { afterEach, describe, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import type { Cidr } from '../../identity/address.ts';
import { claimsAround, ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { Ec2Action } from '../ec2/ec2-action.ts';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

function open(...setup: ConstructorParameters<typeof ManagedRegion>): ManagedRegion {
  region = new ManagedRegion(...setup);
  return region;
}

function ensure(pod: ManagedPod): Promise<HeldIdentity> {
  return ensurePublicIdentity(pod.spec, { node: pod.node });
}

/** As where the media ENI of the second node was never tagged. */
function denySecondNode({ ec2, networkInterfaceIds }: ManagedRegion): void {
  ec2.setPolicy({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: ['ec2:AssignPrivateIpAddresses', 'ec2:ModifyNetworkInterfaceAttribute'],
        Resource: `arn:aws:ec2:eu-central-1:123456789012:network-interface/${networkInterfaceIds[1]}`,
      },
    ],
  });
}

it('a network interface that may not be written is the trouble of its own pods: all others get their addresses', async () => {
  const built = open();
  denySecondNode(built);
  built.control();
  const bad = ensure(built.pod('bad', { node: 1 })).catch((error: unknown) => error);
  const good = [1, 2, 3, 4].map((number) => ensure(built.pod(`good-${number}`)));
  await built.run(Promise.all(good));
  expect(await built.run(bad)).toMatchObject({ code: 'AccessDenied', retry: 'never' });
  expect(built.clock.elapsed()).toBeLessThan(5000);
});

it('and while its pods come again and again what is granted is repaired', async () => {
  const built = open();
  built.control('one', { options: { intervalMs: 30_000 } });
  const { identity } = await built.run(ensure(built.pod('good')));
  denySecondNode(built);
  await built.clock.advance(40_000);
  let made = 0;
  const crashLoop = async (rounds: number): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const bad = built.pod(`bad-${made++}`, { node: 1, host: 130 + made });
      void ensure(bad).catch(() => built.remove(bad));
      for (let tenths = 0; tenths < 100; tenths++) await built.clock.advance(100);
    }
  };
  await crashLoop(1);
  const [routeTableId = ''] = built.routeTableIds;
  await built.ec2.deleteRoute({
    routeTableId,
    destinationCidrBlock: `${identity.publicIp}/32` as Cidr,
  });
  await crashLoop(6);
  expect(built.routesLeft()).toBe(2);
});

/** EC2 where that many calls of an action find no credentials. */
function withoutCredentials(ec2: Ec2Api, only: Ec2Action, times: number): Ec2Api {
  let left = times;
  return aroundEc2(ec2, async (action, call, make) => {
    if (action !== only || left-- <= 0) return make(call);
    throw new Ec2CallError({ action, ec2Code: 'CredentialsProviderError', message: 'none' });
  });
}

it.each(['AssociateAddress', 'CreateRoute', 'DescribeAddresses'] as const)(
  'credentials that are not to be had for a moment end no ensure: %s is tried again soon',
  async (action) => {
    const built = open();
    built.control('one', { ec2: withoutCredentials(built.ec2, action, 2) });
    const all = [1, 2, 3, 4].map((number) => ensure(built.pod(`gateway-${number}`)));
    await built.run(Promise.all(all));
    expect(built.clock.elapsed()).toBeLessThan(10_000);
  },
);

it('while there are none each claim says so, and what ends meanwhile is given back once there are', async () => {
  const built = open();
  let isOut = false;
  const ec2 = aroundEc2(built.ec2, async (action, call, make) => {
    if (!isOut) return make(call);
    throw new Ec2CallError({ action, ec2Code: 'ExpiredToken', message: 'expired' });
  });
  built.control('one', { ec2 });
  const before = built.pod('before');
  const held = await built.run(ensure(before));
  isOut = true;
  const waiting = ensure(built.pod('waits'));
  await built.run(held.release());
  await built.clock.advance(60_000);
  const troubles = (await built.claims.list()).map(({ status }) => status?.trouble);
  expect(troubles).toMatchObject([
    { code: 'CredentialsRefused', retry: 'later' },
    { code: 'CredentialsRefused', retry: 'later' },
  ]);
  isOut = false;
  await built.run(waiting);
  await built.clock.advance(60_000);
  expect(built.carriedBy(before)).toBeUndefined();
});

it('while claims cannot be led on, what ends is given back all the same', async () => {
  const built = open();
  built.control();
  const pod = built.pod('ends');
  const held = await built.run(ensure(pod));
  built.ec2.inject({ action: 'AssociateAddress', error: 'ExpiredToken', times: 5 });
  const waiting = ensure(built.pod('waits'));
  // awaited last
  waiting.catch(() => {});
  await built.clock.advance(5000);
  await built.run(held.release());
  await built.clock.advance(2000);
  expect(built.carriedBy(pod)).toBeUndefined();
  await built.run(waiting);
});

it('a controller that may not look tells each pod that waits', async () => {
  const built = open();
  built.ec2.denyActions(['DescribeAddresses']);
  built.control();
  const all = [1, 2, 3].map((number) => ensure(built.pod(`gateway-${number}`)));
  for (const outcome of await built.run(Promise.allSettled(all))) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'AccessDenied' } });
  }
  expect(built.clock.elapsed()).toBeLessThan(5000);
});

it.each([
  ['may not look', 'UnauthorizedOperation', 'AccessDenied'],
  ['has no credentials', 'ExpiredToken', 'CredentialsRefused'],
])('a controller that %s tells a hundred pods in the time of one', async (_what, ec2Code, code) => {
  const built = open();
  built.ec2.inject({ action: 'DescribeAddresses', error: ec2Code, times: 1000 });
  const come = (count: number): Promise<unknown> => {
    const pods = Array.from({ length: count }, () => built.pod(`gateway-${built.listed.length}`));
    return Promise.allSettled(pods.map((pod) => ensure(pod)));
  };
  const first = come(100);
  await built.clock.advance(1);
  const claims = claimsAround(built.claims, {
    updateStatus: async (claim) => {
      await built.clock.wait(20);
      return built.claims.updateStatus(claim);
    },
  });
  built.control('one', { claims });
  const troubles = async (): Promise<readonly unknown[]> =>
    (await built.claims.list()).map(({ status }) => status?.trouble?.code);
  await built.clock.advance(500);
  expect(await troubles()).toEqual(Array.from({ length: 100 }, () => code));
  const second = come(50);
  await built.clock.advance(800);
  expect(await troubles()).not.toContain(undefined);
  await built.run(Promise.all([first, second]));
});

describe('an address that is not ours, while describes go on showing it', () => {
  it('is the trouble of nobody: each claim that meets it gets another one', async () => {
    const built = open({
      addresses: 6,
      ec2: { releasedAddress: 'reallocated', reads: { lagMs: { addresses: 60_000 } } },
    });
    const told: string[] = [];
    built.control('one', { options: { onTrouble: ({ code }) => void told.push(code) } });
    await built.clock.advance(61_000);
    for (const { allocationId } of built.ec2.snapshot().addresses.slice(0, 2)) {
      await built.ec2.releaseAddress({ allocationId });
    }
    const begunMs = built.clock.elapsed();
    const all = [1, 2, 3, 4].map((number) => ensure(built.pod(`gateway-${number}`)));
    const held = await built.run(Promise.all(all));
    expect(new Set(held.map(({ identity }) => identity.publicIp)).size).toBe(4);
    expect(built.clock.elapsed() - begunMs).toBeLessThan(40_000);
    expect(told).toEqual([]);
  });

  it('and where each one is refused so, two are tried, and no other claim waits', async () => {
    const built = open();
    let refused = 0;
    const refusing: Ec2Api = {
      ...aroundEc2(built.ec2, (_action, call, make) => make(call)),
      associateAddress: async (input, call) => {
        if (input.networkInterfaceId === built.networkInterfaceIds[0]) {
          return built.ec2.associateAddress(input, call);
        }
        refused += 1;
        const [action, ec2Code] = ['AssociateAddress', 'AuthFailure'];
        throw new Ec2CallError({ action, ec2Code, message: 'not yours', httpStatus: 401 });
      },
    };
    built.control('one', { ec2: refusing });
    const waiting = ensure(built.pod('bad', { node: 1 }));
    waiting.catch(() => {});
    await built.clock.advance(30_000);
    const [claim] = await built.claims.list();
    expect(claim?.status?.trouble).toMatchObject({ code: 'CredentialsRefused', retry: 'later' });
    expect(refused).toBe(2);
    const begunMs = built.clock.elapsed();
    await built.run(ensure(built.pod('good')));
    expect(built.clock.elapsed() - begunMs).toBeLessThan(5000);
  });
});
