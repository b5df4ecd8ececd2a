import { expect, it } from 'vitest';
import { SimulatedEc2 } from '../../testing/simulated-ec2/simulated-ec2.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { oneFirst } from './one-first.ts';

function refusal(ec2Code: string): Ec2CallError {
  return new Ec2CallError({ action: 'AssociateAddress', ec2Code, message: '' });
}
const denied = refusal('UnauthorizedOperation');
const noCredentials = refusal('CredentialsProviderError');

/** Calls that are answered when the test says so. */
function build(): { ec2: Ec2Api; asked: PromiseWithResolvers<void>[] } {
  const asked: PromiseWithResolvers<void>[] = [];
  const ec2 = aroundEc2(
    new SimulatedEc2({ region: 'eu-central-1', claimScope: 'eni' }),
    async (_action, _call, make) => {
      const one = Promise.withResolvers<void>();
      asked.push(one);
      await one.promise;
      return make().catch(() => ({ associationId: 'eipassoc-1' }) as never);
    },
  );
  return { ec2: oneFirst(ec2), asked };
}

function claim(ec2: Ec2Api, untilSent?: AbortSignal, elsewhere = {}): Promise<unknown> {
  const place = { networkInterfaceId: 'eni-1', privateIpAddress: '10.0.2.1', ...elsewhere };
  const input = { allocationId: 'eipalloc-1', ...place, allowReassociation: false } as const;
  return ec2.associateAddress(input, untilSent && { untilSent });
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

it('one goes first, the others once it was answered, all at once from then on', async () => {
  const { ec2, asked } = build();
  const all = [claim(ec2), claim(ec2), claim(ec2)];
  await settle();
  expect(asked).toHaveLength(1);
  asked[0]?.resolve();
  await settle();
  expect(asked).toHaveLength(3);
  asked.forEach((one) => one.resolve());
  await Promise.all(all);
});

it('a refusal that every other one would meet is theirs too, and one goes first again', async () => {
  const { ec2, asked } = build();
  const outcomes = Promise.allSettled([claim(ec2), claim(ec2)]);
  await settle();
  asked[0]?.reject(noCredentials);
  expect(await outcomes).toEqual([
    { status: 'rejected', reason: noCredentials },
    { status: 'rejected', reason: noCredentials },
  ]);
  expect(asked).toHaveLength(1);
  const later = [claim(ec2), claim(ec2)];
  await settle();
  expect(asked).toHaveLength(2);
  asked[1]?.resolve();
  await settle();
  asked[2]?.reject(noCredentials);
  await Promise.allSettled(later);
  // it was proven before, and is so no more
  const again = [claim(ec2), claim(ec2)];
  await settle();
  expect(asked).toHaveLength(4);
  asked[3]?.resolve();
  await settle();
  asked[4]?.resolve();
  await Promise.all(again);
});

it('rights that are missing for one address are missing for others of its network interface once a second one was refused too', async () => {
  const { ec2, asked } = build();
  const outcomes = Promise.allSettled([claim(ec2), claim(ec2), claim(ec2), claim(ec2)]);
  await settle();
  asked[0]?.reject(denied);
  await settle();
  expect(asked).toHaveLength(2);
  asked[1]?.reject(denied);
  const refused = { status: 'rejected', reason: denied };
  expect(await outcomes).toEqual([refused, refused, refused, refused]);
  expect(asked).toHaveLength(2);
});

it('and never for those of another one, nor for those that come later', async () => {
  const { ec2, asked } = build();
  const elsewhere = { networkInterfaceId: 'eni-2' };
  const outcomes = Promise.allSettled([claim(ec2), claim(ec2), claim(ec2, undefined, elsewhere)]);
  await settle();
  asked[0]?.reject(denied);
  await settle();
  asked[1]?.reject(denied);
  await settle();
  expect(asked).toHaveLength(3);
  asked[2]?.resolve();
  expect((await outcomes)[2]).toMatchObject({ status: 'fulfilled' });
  const later = claim(ec2);
  await settle();
  asked[3]?.resolve();
  await later;
});

it('is told what was refused of its own network interface, not of one before', async () => {
  const { ec2, asked } = build();
  const on = (networkInterfaceId: string) => claim(ec2, undefined, { networkInterfaceId });
  const outcomes = Promise.allSettled([on('eni-2'), on('eni-1'), on('eni-1'), on('eni-1')]);
  const errors = ['eni-2', 'eni-1', 'eni-1 again'].map(
    (message) =>
      new Ec2CallError({ action: 'AssociateAddress', ec2Code: 'UnauthorizedOperation', message }),
  );
  for (const [at, error] of errors.entries()) {
    await settle();
    asked[at]?.reject(error);
  }
  const told = (await outcomes).map((one) => one.status === 'rejected' && String(one.reason));
  expect(asked).toHaveLength(3);
  expect(told[0]).toContain('eni-2');
  for (const text of told.slice(1)) expect(text).toContain('eni-1');
});

it('an address of another account by now says nothing of the others', async () => {
  const { ec2, asked } = build();
  const outcomes = Promise.allSettled([claim(ec2), claim(ec2)]);
  await settle();
  asked[0]?.reject(refusal('AuthFailure'));
  await settle();
  asked[1]?.resolve();
  expect((await outcomes)[1]).toMatchObject({ status: 'fulfilled' });
});

it('who was told not to send while he waited for the first one does not', async () => {
  const { ec2, asked } = build();
  const stop = new AbortController();
  const [first, second] = [claim(ec2), claim(ec2, stop.signal)];
  await settle();
  stop.abort(new Error('the lease is gone'));
  asked[0]?.resolve();
  await expect(second).rejects.toThrow('the lease is gone');
  await first;
  expect(asked).toHaveLength(1);
});
