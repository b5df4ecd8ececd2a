import { afterEach, expect, it } from 'vitest';
import { ensurePublicIdentity } from '../../ensure-public-identity.ts';
import type { HeldIdentity } from '../../held-identity.ts';
import { ManagedRegion, type ManagedPod } from '../../testing/managed-region.ts';
import { aroundEc2 } from '../ec2/around-ec2.ts';
import type { Ec2Api, ElasticIp } from '../ec2/ec2-api.ts';
import { addressOfClaim } from './claim.ts';

let region: ManagedRegion | undefined;
afterEach(() => region?.close());

function ensure({ spec, node }: ManagedPod): Promise<HeldIdentity> {
  return ensurePublicIdentity(spec, { node });
}

it('what a claim that ends still has is promised to nobody, though describes show it on his private IP, as it was before', async () => {
  const built = new ManagedRegion({ addresses: 1 });
  region = built;
  const filters = [{ name: 'tag:truetuple/pool', values: ['media'] }];
  let before: ElasticIp[] | undefined;
  const behind: Ec2Api = {
    ...aroundEc2(built.ec2, (_action, call, make) => make(call)),
    describeAddresses: async (input, call) => {
      const isOfPool = input.filters?.some(({ name }) => name.startsWith('tag:')) === true;
      return before !== undefined && isOfPool ? before : built.ec2.describeAddresses(input, call);
    },
  };
  built.control('one', { ec2: behind });
  const former = built.pod('former', { host: 101 });
  const first = await built.run(ensure(former));
  const shown = await built.ec2.describeAddresses({ filters });
  await built.run(first.release());
  built.remove(former);
  await built.clock.advance(2000);
  const second = await built.run(ensure(built.pod('holder', { host: 102 })));
  const twice: string[] = [];
  const note = async (): Promise<void> => {
    const had = (await built.claims.list()).flatMap((one) => addressOfClaim(one)?.publicIp ?? []);
    if (new Set(had).size < had.length) twice.push(had.join(' '));
  };
  built.claims.watch(() => void note());
  before = shown;
  built.ec2.inject({ action: 'DeleteTags', error: 'InternalError', times: 6 });
  await built.run(second.release());
  const asked = ensure(built.pod('next', { host: 101 }));
  await built.clock.advance(5000);
  before = undefined;
  const third = await built.run(asked);
  expect(third.identity.publicIp).toBe(first.identity.publicIp);
  expect(twice).toEqual([]);
});
