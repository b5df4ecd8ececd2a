// What plain JavaScript may give: types say no word there.
import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { keepPublicIdentity } from './keep-public-identity.ts';
import { reapOrphans, type ReapRequest } from './reap-orphans.ts';
import { releasePublicIdentity } from './release-public-identity.ts';
import { requestHandover, type HandoverRequest } from './request-handover.ts';
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
