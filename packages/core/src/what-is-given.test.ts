// What plain JavaScript may give: types say no word there.
import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { keepPublicIdentity } from './keep-public-identity.ts';
import { probeClaimScope, type ClaimScopeRequest } from './probe-claim-scope.ts';
import { reapOrphans } from './reap-orphans.ts';
import type { ReapRequest } from './reap-request.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { requestHandover, type HandoverRequest } from './request-handover.ts';
import { ManagedRegion } from './testing/managed-region.ts';
import { simulatedPod } from './testing/simulated-pod.ts';
import { verifyPublicIdentity } from './verify-public-identity.ts';

it.each([undefined, null, 7, {}, { identity: {} }])(
  'no verb takes %j for an identity',
  async (given) => {
    const { node, spec, ec2, publisher, kernel } = simulatedPod();
    const { identity } = await ensurePublicIdentity(spec, { node });
    const before = [ec2.snapshot(), kernel.snapshot()];
    const none = given as unknown as PublicIdentity;
    for (const attempt of [
      () => verifyPublicIdentity(none, { node }),
      () => keepPublicIdentity(none, { node }),
      () => releasePublicIdentity(none, { node }),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'SpecInvalid', retry: 'never' });
    }
    expect([ec2.snapshot(), kernel.snapshot()]).toEqual(before);
    expect(await publisher.current()).toEqual(identity);
  },
);

it.each([undefined, null, {}])('no verb takes %j for what is asked', async (given) => {
  const { node, ec2, clock } = simulatedPod();
  const pool = 'media';
  for (const attempt of [
    () => ensurePublicIdentity(given as IdentitySpecInput, { node }),
    () => reapOrphans(given as ReapRequest, { ec2, clock }),
    () => requestHandover(given as HandoverRequest, { ec2, clock }),
    () => requestHandover({ pool, address: '203.0.113.50' } as HandoverRequest, { ec2, clock }),
  ]) {
    await expect(attempt()).rejects.toMatchObject({ code: 'SpecInvalid', retry: 'never' });
  }
  expect(ec2.calls.entries).toEqual([]);
});

const owner = { cluster: 'test', namespace: 'sip', pod: 'gateway-1', uid: 'uid-1' };
const nobody = { livePods: async () => ({ complete: true, pods: [] }) };

it.each<object>([{ identityDirectory: '/elsewhere' }, { onstep: null }, { Signal: 1 }])(
  'an ensure with %j, which is no option of it, takes nothing',
  async (option) => {
    const { node, spec, ec2, kernel } = simulatedPod();
    const before = [ec2.snapshot(), kernel.snapshot()];
    await expect(ensurePublicIdentity(spec, { node, ...option })).rejects.toMatchObject({
      code: 'SpecInvalid',
      message: expect.stringContaining(`there is no ${Object.keys(option)[0]}`) as string,
    });
    expect([ec2.snapshot(), kernel.snapshot()]).toEqual(before);
  },
);

it('a release gives back whatever else it is given', async () => {
  const { node, spec, ec2 } = simulatedPod();
  const held = await ensurePublicIdentity(spec, { node });
  const options = { node, dryRun: true, onEvent: null };
  await releasePublicIdentity(held, options);
  expect(ec2.snapshot().addresses).not.toHaveProperty('0.associationId');
});

it.each([
  { dryrun: true },
  { dryRun: 'true' },
  { dryRun: 1 },
  { graceMs: -1 },
  { graceMs: Number.NaN },
  { brakeShare: Number.NaN },
  { cap: -1 },
  { livePodsTimeoutMs: Infinity },
])('a reap of orphans with %j takes nothing away', async (option) => {
  const { node, spec, ec2, clock } = simulatedPod();
  await ensurePublicIdentity(spec, { node });
  const before = ec2.snapshot();
  const request: ReapRequest = { pool: 'media', live: nobody, graceMs: 0, ...(option as object) };
  await expect(reapOrphans(request, { ec2, clock })).rejects.toMatchObject({
    code: 'SpecInvalid',
    message: expect.stringContaining(Object.keys(option)[0] ?? '') as string,
  });
  expect(ec2.snapshot()).toEqual(before);
});

it.each([
  // no end of it would ever come
  { timeoutMs: Number.NaN },
  { timeoutMs: Infinity },
  { graceMs: -1 },
  { graceMS: 0 },
])('a handover with %j asks nobody', async (option) => {
  const { node, spec, ec2, clock } = simulatedPod();
  const { identity } = await ensurePublicIdentity(spec, { node });
  const before = ec2.snapshot();
  const request = { pool: 'media', address: identity.publicIp, by: owner, ...option };
  const asking = requestHandover(request, { ec2, clock, live: nobody });
  await expect(asking).rejects.toMatchObject({ code: 'SpecInvalid', retry: 'never' });
  expect(ec2.snapshot()).toEqual(before);
});

it.each([{ bindsFreePort: true }, { asksEC2: false }, { bindsFreePorts: 'no' }])(
  'a verification with %j looks at nothing',
  async (option) => {
    const { node, spec, ec2 } = simulatedPod();
    const held = await ensurePublicIdentity(spec, { node });
    const calls = ec2.calls.count();
    const options = { node, ...(option as object) };
    await expect(verifyPublicIdentity(held, options)).rejects.toMatchObject({
      code: 'SpecInvalid',
      remedy: expect.stringContaining('bindsFreePorts') as string,
    });
    expect(ec2.calls.count()).toBe(calls);
  },
);

it.each([{ intervalMs: Number.NaN }, { intervalMs: 0 }, { graceMs: -1 }, { graceMS: 0 }])(
  'a controller with %j does not begin',
  (option) => {
    const region = new ManagedRegion();
    const options = { pool: 'media', ...option };
    expect(() => region.control('one', { options })).toThrow(/^The options of a controller/);
  },
);

it('a probe of what claims exclude that is not told whether to write writes nothing', async () => {
  const { ec2, clock } = simulatedPod();
  const request = { dryRun: 'no', pool: 'media' } as unknown as ClaimScopeRequest;
  await expect(probeClaimScope(request, { ec2, clock })).rejects.toMatchObject({
    code: 'SpecInvalid',
  });
  expect(ec2.calls.entries).toEqual([]);
});
