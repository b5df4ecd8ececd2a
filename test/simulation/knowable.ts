import type { Ec2Change } from '@truetuple/core/testing';
import type { Actor } from './world.ts';

/** How long a change may be unknown to whoever has just looked. */
export const slackMs = 3000;

const reads: Readonly<Partial<Record<Ec2Change['kind'], readonly string[]>>> = {
  'address-disassociated': ['DescribeAddresses'],
  'private-ip-unassigned': ['DescribeAddresses', 'DescribeNetworkInterfaces'],
  'ipv6-address-unassigned': ['DescribeNetworkInterfaces'],
  'route-deleted': ['DescribeAddresses', 'DescribeRouteTables'],
  'route-replaced': ['DescribeAddresses', 'DescribeRouteTables'],
  'tags-changed': ['DescribeAddresses'],
};

/** What was so before then, who made the change could know: as of what it had read, and of the list of pods. */
export function knowableMs({ sentMs, knowsAsOf }: Actor, change: Ec2Change): number {
  const known = [...readsOf(change), 'livePods'].map((read) => knowsAsOf.get(read) ?? sentMs);
  return Math.min(sentMs, ...known) - slackMs;
}

/** The record of an IPv6 address stands on its network interface. */
function readsOf(change: Ec2Change): readonly string[] {
  const isOfInterface = change.kind === 'tags-changed' && change.resourceId.startsWith('eni-');
  return isOfInterface ? ['DescribeNetworkInterfaces'] : (reads[change.kind] ?? []);
}
