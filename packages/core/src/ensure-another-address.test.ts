import { expect, it } from 'vitest';
import { ensurePublicIdentity } from './ensure-public-identity.ts';
import type { IdentitySpecInput } from './identity/identity-spec.ts';
import type { PublicIdentity } from './identity/public-identity.ts';
import { simulatedPod } from './testing/simulated-pod.ts';

/** A pod whose spec names another address than the one that it holds and has published. */
async function build() {
  const pod = simulatedPod({ pool: ['203.0.113.50', '203.0.113.51'] });
  const { identity: first } = await ensurePublicIdentity(pod.spec, { node: pod.node });
  const address = ['203.0.113.50', '203.0.113.51'].find((ip) => ip !== first.publicIp) ?? '';
  const spec: IdentitySpecInput = { ...pod.spec, address };
  const onLink = (): boolean =>
    JSON.stringify(pod.kernel.snapshot().links).includes(first.publicIp);
  return { ...pod, first, spec, onLink };
}

it('withdraws the address that it has before it gives it up for another', async () => {
  const { node, spec, publisher, first, ec2, onLink } = await build();
  const published: Promise<PublicIdentity | undefined>[] = [];
  ec2.onChange(({ kind }) => {
    if (kind === 'address-disassociated') published.push(publisher.current());
  });
  const { identity } = await ensurePublicIdentity(spec, { node });
  expect(await Promise.all(published)).toEqual([undefined]);
  expect(identity.publicIp).not.toBe(first.publicIp);
  expect(await publisher.current()).toEqual(identity);
  expect(onLink()).toBe(false);
});

it('leaves nothing published that it has given up, when it gets no other', async () => {
  const { node, spec, publisher, ec2, onLink } = await build();
  ec2.denyActions(['AssociateAddress']);
  await expect(ensurePublicIdentity(spec, { node })).rejects.toMatchObject({
    code: 'AccessDenied',
  });
  expect(ec2.snapshot().addresses.filter(({ associationId }) => associationId)).toEqual([]);
  expect(await publisher.current()).toBeUndefined();
  expect(onLink()).toBe(false);
});
