// Whole lives while one call in five fails with what another try solves, before its effect or after it.
import { describe, expect, it } from 'vitest';
import { directGrant } from './cloud/direct-grant.ts';
import type { Liveness } from './cloud/liveness.ts';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import { CoreError } from './errors.ts';
import type { HeldIdentity } from './held-identity.ts';
import type { Ipv4Address } from './identity/address.ts';
import { parseIdentitySpec } from './identity/identity-spec.ts';
import { reapOrphans } from './reap-orphans.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { seededRandom } from './testing/simulated-ec2/seeded-random.ts';
import { simulatedPod, type SimulatedPod } from './testing/simulated-pod.ts';

const pool = ['203.0.113.50', '203.0.113.51', '203.0.113.52'];
const seeds = Array.from({ length: 150 }, (_, index) => index + 1);

function podWith(seed: number, probability = 0.2): SimulatedPod {
  return simulatedPod({ pool, ec2: { transients: { probability, seed } } });
}

/** Again until it succeeds, as a sidecar does; what is not worth another try ends it. */
async function untilDone<Value>(pod: SimulatedPod, act: () => Promise<Value>): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (!CoreError.is(error) || error.retry === 'never' || tries === 20) throw error;
      pod.clock.advance(1000);
    }
  }
}

/** What of an identity stands in EC2. */
function standing({ ec2 }: SimulatedPod, { identity }: HeldIdentity): unknown {
  const { addresses, routeTables } = ec2.snapshot();
  const held = addresses.filter(({ associationId }) => associationId !== undefined);
  return {
    held: held.map(({ publicIp, privateIpAddress, tags }) => [
      publicIp,
      privateIpAddress,
      tags.length,
    ]),
    routed: routeTables.flatMap(({ routes }) =>
      routes.flatMap(({ destinationCidrBlock, networkInterfaceId }) =>
        networkInterfaceId === identity.networkInterfaceId ? [destinationCidrBlock] : [],
      ),
    ),
  };
}

function whole({ identity: { publicIp, privateIp } }: HeldIdentity): unknown {
  return { held: [[publicIp, privateIp, 2]], routed: [`${publicIp}/32`] };
}

/** Somebody takes something away that a keep is to put back. */
async function disturb(pod: SimulatedPod, held: HeldIdentity, chance: number): Promise<void> {
  const { associationId, publicIp, routeTableIds, allocationId, networkInterfaceId } =
    held.identity;
  const [routeTableId = ''] = routeTableIds;
  const destinationCidrBlock = `${publicIp}/32`;
  const acts = [
    () => pod.ec2.disassociateAddress({ associationId }),
    () => pod.ec2.deleteRoute({ routeTableId, destinationCidrBlock }),
    () => pod.ec2.deleteTags({ resources: [allocationId], tags: [{ key: 'truetuple/owner' }] }),
    () => pod.ec2.setSourceDestCheck({ networkInterfaceId, sourceDestCheck: true }),
  ];
  // these hands, too, meet what passes
  await acts[Math.floor(chance * acts.length)]?.().catch(() => undefined);
}

/** Maintains until nothing is to be put back any more. */
async function keep(pod: SimulatedPod, held: HeldIdentity): Promise<HeldIdentity> {
  const grant = await pod.node.openGrant(held.identity);
  let { identity } = held;
  for (let look = 1; look <= 30; look++) {
    pod.clock.advance(5000);
    const claimAgeMs = 60_000 + pod.clock.elapsed();
    const state = await grant.maintain(identity, { claimAgeMs }).catch((error: unknown) => {
      if (CoreError.is(error) && error.retry !== 'never') return undefined;
      throw error;
    });
    if (state === undefined) continue;
    if (state.kind !== 'held') throw new Error(`the claim is ${JSON.stringify(state)}`);
    identity = { ...identity, associationId: state.grant.associationId };
    if (state.repaired.length === 0 && state.unrepaired === undefined) break;
  }
  return { ...held, identity };
}

const nobody: Liveness = { livePods: async () => ({ complete: true, pods: [] }) };

/** Passes of the reaper until one has nothing to do. */
async function reap(pod: SimulatedPod): Promise<void> {
  const { ec2, clock, spec } = pod;
  for (let pass = 1; pass <= 20; pass++) {
    const report = await reapOrphans(
      { pool: spec.pool, region: spec.region, live: nobody, graceMs: 0, brakeShare: 1 },
      { ec2, clock },
    ).catch((error: unknown) => {
      if (CoreError.is(error) && error.retry !== 'never') return undefined;
      throw error;
    });
    const isDone = report?.failed.length === 0 && report.applied.length === 0;
    if (isDone && report.outcome.kind === 'finished') return;
    clock.advance(1000);
  }
  throw new Error('the reaper does not come to an end');
}

function codesMet({ ec2 }: SimulatedPod, into: Set<string>): void {
  for (const { action, outcome } of ec2.calls.entries) {
    if (outcome !== 'done') into.add(`${action} ${outcome}`);
  }
}

it('an ensure, a keep and a release outlast a minute without credentials', async () => {
  const pod = simulatedPod();
  const { node, spec, ec2, clock } = pod;
  const lose = (): void => ec2.inject({ action: '*', error: 'CredentialsAway', times: 15 });
  lose();
  const begunMs = clock.elapsed();
  const held = await ensurePublicIdentity(spec, { node });
  expect(clock.elapsed() - begunMs).toBeGreaterThan(30_000);
  expect(standing(pod, held)).toEqual(whole(held));
  lose();
  expect((await keep(pod, held)).identity).toEqual(held.identity);
  lose();
  await releasePublicIdentity(held, { node });
  expect(standing(pod, held)).toEqual({ held: [], routed: [] });
});

it('none at all ends an ensure at once', async () => {
  const { node, spec, ec2, clock } = simulatedPod();
  ec2.inject({ action: '*', error: 'CredentialsProviderError', times: 99 });
  const ensured = ensurePublicIdentity(spec, { node });
  await expect(ensured).rejects.toMatchObject({ code: 'CredentialsMissing', retry: 'never' });
  expect(clock.elapsed()).toBe(0);
});

it.each(['release', 'reap'] as const)(
  'ensure, keep and %s converge over 150 lives; nothing is left, and no address lost',
  { timeout: 60_000 },
  async (end) => {
    const met = new Set<string>();
    for (const seed of seeds) {
      const pod = podWith(seed);
      const random = seededRandom(seed);
      const before = pod.ec2.snapshot();
      const { node, spec } = pod;
      let held = await untilDone(pod, () => ensurePublicIdentity(spec, { node }));
      expect(standing(pod, held), `seed ${seed}`).toEqual(whole(held));
      for (let time = 0; time < 3; time++) {
        await disturb(pod, held, random());
        held = await keep(pod, held);
        expect(standing(pod, held), `seed ${seed}`).toEqual(whole(held));
      }
      if (end === 'reap') await reap(pod);
      else await untilDone(pod, () => releasePublicIdentity(held, { node }));
      const { networkInterfaces, ...after } = pod.ec2.snapshot();
      // the check stays off: it is the node's
      const { networkInterfaces: were, ...fresh } = before;
      expect(after, `seed ${seed}`).toEqual(fresh);
      const privateIps = [networkInterfaces, were].map((enis) =>
        enis.map((eni) => eni.privateIpAddresses),
      );
      expect(privateIps[0], `seed ${seed}`).toEqual(privateIps[1]);
      codesMet(pod, met);
    }
    const wanted = ['AssociateAddress', 'CreateRoute', 'CreateTags', 'DescribeAddresses'];
    for (const action of wanted) expect(met).toContain(`${action} InternalError`);
    expect(met).toContain('CreateTags ConcurrentTagAccess');
    expect(met).toContain('CreateRoute InvalidParameterException');
    expect(met).toContain('AssociateAddress IncorrectState');
  },
);

describe('what is not worth another try', () => {
  it.each([
    ['AssociateAddress', 'UnauthorizedOperation', 'AccessDenied'],
    ['CreateRoute', 'RouteLimitExceeded', 'LimitExceeded'],
    ['AssignPrivateIpAddresses', 'PrivateIpAddressLimitExceeded', 'LimitExceeded'],
    ['AssociateAddress', 'Gateway.NotAttached', 'CloudRefused'],
  ] as const)('%s %s is not tried again amid what is', async (action, error, code) => {
    for (const seed of seeds.slice(0, 30)) {
      const pod = podWith(seed);
      const before = pod.ec2.snapshot();
      const refused: string[] = [];
      pod.ec2.inject({ action, error, times: 1000 });
      await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
        code,
      });
      for (const call of pod.ec2.calls.entries)
        if (call.outcome === error) refused.push(call.action);
      expect(refused, `seed ${seed}`).toEqual([action]);
      const { addresses, routeTables } = pod.ec2.snapshot();
      expect([addresses, routeTables], `seed ${seed}`).toEqual([
        before.addresses,
        before.routeTables,
      ]);
    }
  });

  it('a pool that grows amid failures has no address more than it may', async () => {
    const met = new Set<string>();
    for (const seed of seeds) {
      const pod = simulatedPod({ pool: [], ec2: { transients: { probability: 0.2, seed } } });
      const { ec2, clock, spec } = pod;
      const [, media] = ec2.snapshot().networkInterfaces;
      const grant = directGrant({ ec2, clock, allocate: { upTo: 1 } });
      const request = {
        spec: parseIdentitySpec(spec),
        link: {
          macAddress: media?.macAddress ?? '',
          privateIp: '10.0.2.128' as Ipv4Address,
        },
        onClaimed: async () => {},
      };
      const { publicIp } = await untilDone(pod, () => grant.acquire(request));
      const held = ec2.snapshot().addresses;
      expect(held, `seed ${seed}`).toMatchObject([{ publicIp, privateIpAddress: '10.0.2.128' }]);
      codesMet(pod, met);
    }
    expect(met).toContain('AllocateAddress InsufficientAddressCapacity');
    expect(met).toContain('AllocateAddress InternalError');
  });
});

it('a probability that is none is refused', () => {
  expect(() => podWith(1, 1.5)).toThrow(/probability of 1.5/);
});

const linkIsGone = () => Promise.reject(new Error('the link is gone'));

describe('a claim without an answer that a describe shows as ours since', () => {
  it('is of the very ensure that made it, which gives it back when it fails', async () => {
    const pod = podWith(1, 0);
    const before = pod.ec2.snapshot();
    pod.ec2.inject({ action: 'AssociateAddress', loseAnswer: true });
    pod.ec2.inject({ action: 'CreateRoute', error: 'RouteLimitExceeded' });
    await expect(ensurePublicIdentity(pod.spec, { node: pod.node })).rejects.toMatchObject({
      code: 'LimitExceeded',
    });
    expect(pod.ec2.snapshot().addresses).toEqual(before.addresses);
    const [, media] = pod.ec2.snapshot().networkInterfaces;
    expect(media?.privateIpAddresses).toHaveLength(1);
  });

  it('stays where it stood before the call, be it that its confirmation failed once', async () => {
    const pod = podWith(1, 0);
    const { ec2, clock } = pod;
    const [, media] = ec2.snapshot().networkInterfaces;
    const request = {
      spec: parseIdentitySpec(pod.spec),
      link: { macAddress: media?.macAddress ?? '', privateIp: '10.0.2.128' as Ipv4Address },
      onClaimed: async () => {},
    };
    const grant = directGrant({ ec2, clock });
    await grant.acquire(request);
    const standingBefore = ec2.snapshot().addresses;
    ec2.inject({ action: 'AssociateAddress', error: 'InternalError' });
    await expect(grant.acquire({ ...request, onClaimed: linkIsGone })).rejects.toThrow(
      'the link is gone',
    );
    expect(ec2.snapshot().addresses).toEqual(standingBefore);
  });
});
