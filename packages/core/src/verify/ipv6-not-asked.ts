import type { PublicIdentity } from '../identity/public-identity.ts';
import type { Observation } from './finding.ts';
import type { WireEvidence } from './gather-wire.ts';

/** Pure: for an identity with IPv6 of which no server, and no probing peer, was asked by IPv6. */
export function ipv6NotAsked(
  { publicIpv6 }: Pick<PublicIdentity, 'publicIpv6'>,
  { paths }: WireEvidence,
): Observation[] {
  if (publicIpv6 === undefined || paths.some(({ family }) => family === 'ipv6')) return [];
  return [
    {
      code: 'ipv6-not-asked',
      family: 'ipv6',
      severity: 'unproven',
      seen: `no server has an IPv6 address, so no packet was sent from ${publicIpv6.address}`,
      wanted: 'one that arrived',
      remedy:
        'Name STUN servers that have an IPv6 address too, by name or as [address]:port. Until then the answers of the kernel and of EC2 stand for it.',
    },
  ];
}
