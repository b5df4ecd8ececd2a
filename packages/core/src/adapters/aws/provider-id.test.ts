import { expect, it } from 'vitest';
import { parseProviderId } from './provider-id.ts';

it.each([
  ['aws:///eu-central-1a/i-0123456789abcdef0', 'eu-central-1a', 'eu-central-1'],
  ['aws:///us-gov-west-1b/i-01234567', 'us-gov-west-1b', 'us-gov-west-1'],
  ['aws:///us-west-2-lax-1a/i-0123456789abcdef0', 'us-west-2-lax-1a', 'us-west-2'],
  ['aws:///us-east-1-wl1-bos-wlz-1/i-0123456789abcdef0', 'us-east-1-wl1-bos-wlz-1', 'us-east-1'],
  ['aws:///eusc-de-east-1a/i-0123456789abcdef0', 'eusc-de-east-1a', 'eusc-de-east-1'],
  ['aws:///ap-southeast-10c/i-0123456789abcdef0', 'ap-southeast-10c', 'ap-southeast-10'],
])('%s is in zone %s of %s', (providerId, availabilityZone, region) => {
  expect(parseProviderId(providerId)).toEqual({
    instanceId: providerId.split('/').at(-1),
    availabilityZone,
    region,
  });
});

it.each([
  '',
  'i-0123456789abcdef0',
  'gce://project/zone/instance',
  'aws:///eu-central-1a/fargate-ip-10-0-1-2',
  'eks-hybrid:///eu-central-1/cluster/mi-0123456789abcdef0',
  'aws:///nowhere/i-0123456789abcdef0',
  'aws:///eu-central-1a/i-0123456789abcdef0/more',
])('%j is refused', (providerId) => {
  expect(() => parseProviderId(providerId)).toThrow(
    expect.objectContaining({ code: 'NodeFactsInvalid', retry: 'never' }),
  );
});
