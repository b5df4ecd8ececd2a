import { describe, expect, it } from 'vitest';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import {
  borderGroupOf,
  borderGroupToAskFor,
  isOfOtherBorderGroup,
} from './network-border-group.ts';

describe('the network border group of a zone', () => {
  it.each([
    ['us-west-2a', 'us-west-2', undefined],
    ['ap-southeast-1c', 'ap-southeast-1', undefined],
    ['us-gov-west-1b', 'us-gov-west-1', undefined],
    ['eusc-de-east-1a', 'eusc-de-east-1', undefined],
    // Local Zones: two letters of one place are one group
    ['us-west-2-lax-1a', 'us-west-2-lax-1', 'us-west-2-lax-1'],
    ['us-west-2-lax-1b', 'us-west-2-lax-1', 'us-west-2-lax-1'],
    ['us-east-1-dfw-2a', 'us-east-1-dfw-2', 'us-east-1-dfw-2'],
    // Wavelength Zones have no letter
    ['us-east-1-wl1-bos-wlz-1', 'us-east-1-wl1-bos-wlz-1', 'us-east-1-wl1-bos-wlz-1'],
    // nothing is said of what is named otherwise
    ['us-west-2-lax', undefined, undefined],
    ['us-west-2-lax-1ab', undefined, undefined],
    ['usw2-az1', undefined, undefined],
    ['', undefined, undefined],
    [undefined, undefined, undefined],
  ])('%s is of %s; an address for it is asked for in %s', (zone, group, asked) => {
    expect(borderGroupOf(zone)).toBe(group);
    expect(borderGroupToAskFor(zone)).toBe(asked);
  });
});

describe('an address and an interface', () => {
  it.each([
    ['us-west-2', 'us-west-2a', false],
    ['us-west-2', 'us-west-2-lax-1a', true],
    ['us-west-2-lax-1', 'us-west-2a', true],
    ['us-west-2-lax-1', 'us-west-2-lax-1b', false],
    ['us-west-2-phx-2', 'us-west-2-lax-1a', true],
    [undefined, 'us-west-2-lax-1a', false],
    ['us-west-2-lax-1', undefined, false],
    ['us-west-2-lax-1', 'a zone of another name', false],
  ])('%s, in %s: others: %s', (networkBorderGroup, availabilityZone, expected) => {
    const address = { networkBorderGroup } as ElasticIp;
    expect(isOfOtherBorderGroup(address, { availabilityZone } as NetworkInterface)).toBe(expected);
  });
});
