import type { LinkState } from './kernel-port.ts';

/** RFC 8200 section 5. Linux takes all of IPv6 off a link whose MTU falls below it. */
const leastMtu = 1280;

/** Why a link has no IPv6 at all, and what a person can do. */
export function whyNoIpv6({ linkName, mtu }: Pick<LinkState, 'linkName' | 'mtu'>): {
  readonly why: string;
  readonly remedy: string;
} {
  const otherwise = 'or leave ipv6 out of addressFamilies.';
  if (mtu >= leastMtu) {
    return {
      why: 'this kernel has no IPv6',
      remedy: `Boot the node without ipv6.disable=1, ${otherwise}`,
    };
  }
  return {
    why: `the MTU of ${linkName} is ${mtu}, and IPv6 needs ${leastMtu} (RFC 8200 section 5)`,
    remedy: `Give ${linkName} an MTU of ${leastMtu} or more, ${otherwise}`,
  };
}
