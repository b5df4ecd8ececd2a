import { doubtAboutOwner, isAlive } from '../doubt-about-pods.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import type { Verdict } from '../reap/plan-reap.ts';
import { ipv6RecordsOf } from './ipv6-record.ts';

/**
 * The IPv6 addresses of a network interface that records of this pool name. One without a record is nobody's of
 * ours. The record goes last: until then it says that the address is ours to take off.
 */
export function judgeIpv6(eni: NetworkInterface, pool: string, live: LivePods): Verdict[] {
  const { networkInterfaceId, ipv6Addresses = [] } = eni;
  return ipv6RecordsOf(eni)
    .filter((record) => record.pool === pool)
    .map(({ address, owner, value }): Verdict => {
      if (isAlive(live, owner.uid)) return 'in-use';
      const what = `${address} on ${networkInterfaceId}`;
      const why = doubtAboutOwner(live, owner);
      if (why !== undefined) return { spared: { what, why } };
      const unassign = { kind: 'unassign-ipv6-address' as const, networkInterfaceId, address };
      return {
        orphan: {
          key: `${networkInterfaceId} ${address} ${value}`,
          laterKeys: [],
          what,
          subject: { kind: 'ipv6-address', networkInterfaceId },
          steps: [
            ...(ipv6Addresses.includes(address) ? [unassign] : []),
            { kind: 'untag-ipv6-owner', networkInterfaceId, address, value },
          ],
        },
      };
    });
}
