import { isIpv4Address } from '../../identity/address.ts';
import { doubtAbout, holderOf } from '../doubt-about-pods.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import type { LivePods } from '../liveness.ts';
import { isAt } from '../observe/view.ts';
import type { ObservedPool, Verdict } from './plan-reap.ts';

export function placeKey(place: {
  readonly networkInterfaceId: string;
  readonly privateIp: string;
}): string {
  return `${place.networkInterfaceId} ${place.privateIp}`;
}

/** Secondary private IPs; one that an address's own orphan takes off, or that carries it, is not here. */
export function judgePrivateIps(
  eni: NetworkInterface,
  observed: ObservedPool,
  live: LivePods,
  ended: ReadonlySet<string>,
): Verdict[] {
  const { networkInterfaceId, attachment } = eni;
  return eni.privateIpAddresses.flatMap(
    ({ primary, privateIpAddress: privateIp, association }): readonly Verdict[] => {
      if (primary || !isIpv4Address(privateIp)) return [];
      const place = { networkInterfaceId, privateIp };
      // an address that is seen on it proves more than an ENI that shows none
      const isCarrying = observed.allAddresses.some((address) => isAt(address, place));
      if (isCarrying || ended.has(placeKey(place))) return [];
      if (holderOf(live, privateIp, attachment?.instanceId) !== undefined) return ['in-use'];
      const what = `${privateIp} on ${networkInterfaceId}`;
      if (association !== undefined) {
        const isOfPool = observed.addresses.some(
          ({ allocationId }) => allocationId === association.allocationId,
        );
        const why = `it carries ${association.publicIp}, which is not of the pool`;
        return isOfPool ? [] : [{ spared: { what, why } }];
      }
      const why = doubtAbout(live, privateIp, attachment?.instanceId);
      if (why !== undefined) return [{ spared: { what, why } }];
      const subject = { kind: 'private-ip' as const, networkInterfaceId };
      const steps = [{ kind: 'unassign-private-ip' as const, networkInterfaceId, privateIp }];
      return [{ orphan: { key: placeKey(place), laterKeys: [], what, subject, steps } }];
    },
  );
}
