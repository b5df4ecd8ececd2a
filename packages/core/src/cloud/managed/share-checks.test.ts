import { expect, it } from 'vitest';
import type { Ec2Api } from '../ec2/ec2-api.ts';
import { shareChecks } from './share-checks.ts';

const input = { networkInterfaceId: 'eni-1', sourceDestCheck: false };

it('who switches a check off while another one does shares the call; who comes later makes one', async () => {
  const made: PromiseWithResolvers<void>[] = [];
  const beneath: Pick<Ec2Api, 'setSourceDestCheck'> = {
    setSourceDestCheck: () => {
      const one = Promise.withResolvers<void>();
      made.push(one);
      return one.promise;
    },
  };
  const ec2 = shareChecks(beneath as Ec2Api);
  const both = [ec2.setSourceDestCheck(input), ec2.setSourceDestCheck(input)];
  const other = ec2.setSourceDestCheck({ ...input, networkInterfaceId: 'eni-2' });
  expect(made).toHaveLength(2);
  made.forEach((one) => one.resolve());
  await Promise.all([...both, other]);
  const later = ec2.setSourceDestCheck(input);
  expect(made).toHaveLength(3);
  made[2]?.reject(new Error('refused'));
  await expect(later).rejects.toThrow('refused');
  // what was refused is asked anew, too
  void ec2.setSourceDestCheck(input);
  expect(made).toHaveLength(4);
});
