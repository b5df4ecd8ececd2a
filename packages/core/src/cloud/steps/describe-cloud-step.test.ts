import { expect, it } from 'vitest';
import { describeCloudStep } from './describe-cloud-step.ts';

const tags = [{ key: 'truetuple/pool', value: 'media' }];
const line = `aws ec2 allocate-address --tag-specifications 'ResourceType=elastic-ip,Tags=[{Key=truetuple/pool,Value=media}]'`;

it.each([
  [undefined, line],
  ['us-west-2-lax-1', `${line} --network-border-group us-west-2-lax-1`],
])('an allocation in network border group %s is the line %s', (networkBorderGroup, command) => {
  const step = { kind: 'allocate-address' as const, tags, networkBorderGroup };
  expect(describeCloudStep(step).command).toBe(command);
});
