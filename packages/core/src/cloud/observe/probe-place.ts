import { CoreError } from '../../errors.ts';
import { isIpv4Address, type Ipv4Address } from '../../identity/address.ts';
import { reservedTagKey } from '../../identity/owner.ts';
import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { isOfOtherBorderGroup } from '../plan/network-border-group.ts';
import type { CloudSession } from './cloud-session.ts';
import { lookAtCloud, poolFilters } from './observe-cloud.ts';
import { ownerTagOf, tagOf } from './view.ts';

/** The reservation that an address must carry to be probed with: no pod has this name, so none claims it. */
export const probeReservation = 'truetuple/probe';

export interface ProbePlace {
  readonly networkInterfaceId: string;
  readonly pool: string;
  readonly allocationId: string;
  readonly privateIps: readonly [string, string];
}

/** What a probe may write to: checked, and nothing of it in use. */
export interface CheckedPlace {
  readonly networkInterfaceId: string;
  readonly address: ElasticIp;
  readonly privateIps: readonly [Ipv4Address, Ipv4Address];
  /** Those of the two that are not on the interface yet. */
  readonly toAssign: readonly Ipv4Address[];
}

/**
 * Reads what a probe is to use.
 * @throws CoreError ProbeRefused when anything of it is in use, or is not given to probe with.
 */
export async function checkProbePlace(
  session: CloudSession,
  place: ProbePlace,
): Promise<CheckedPlace> {
  const { networkInterfaceId, pool, allocationId } = place;
  const { networkInterfaces, addresses } = await lookAtCloud(session, {
    networkInterfaceIds: [networkInterfaceId],
    addressFilters: [...poolFilters(pool), { name: 'allocation-id', values: [allocationId] }],
    routeTableFilters: 'none',
  });
  const [address] = addresses;
  const [eni] = networkInterfaces;
  if (address === undefined) throw refused(`${allocationId} is not in pool ${pool}`);
  requireIdle(address);
  if (eni === undefined) throw refused(`there is no ${networkInterfaceId}`);
  if (isOfOtherBorderGroup(address, eni)) {
    const { publicIp, networkBorderGroup: group } = address;
    throw refused(
      `${publicIp} is of network border group ${group}, that of ${eni.availabilityZone} is another`,
    );
  }
  const [one, other] = place.privateIps;
  if (!isIpv4Address(one) || !isIpv4Address(other) || one === other) {
    throw refused(`${one} and ${other} are not two IPv4 addresses`);
  }
  const privateIps = [one, other] as const;
  const toAssign = privateIps.filter((privateIp) => !isIdleOn(eni, privateIp));
  return { networkInterfaceId, address, privateIps, toAssign };
}

function requireIdle(address: ElasticIp): void {
  const { publicIp, allocationId } = address;
  if (address.associationId !== undefined || ownerTagOf(address) !== undefined) {
    throw refused(`${publicIp} is in use`);
  }
  if (tagOf(address, reservedTagKey) === probeReservation) return;
  throw refused(
    `${publicIp} is not tagged ${reservedTagKey}=${probeReservation}: a pod could claim it meanwhile`,
    `aws ec2 create-tags --resources ${allocationId} --tags 'Key=${reservedTagKey},Value=${probeReservation}'`,
  );
}

/** False for a private IP that is not on the interface. */
function isIdleOn(eni: NetworkInterface, privateIp: Ipv4Address): boolean {
  const shown = eni.privateIpAddresses.find((one) => one.privateIpAddress === privateIp);
  if (shown === undefined) return false;
  if (shown.primary || shown.association !== undefined) {
    const what = shown.primary ? 'is the primary one' : `carries ${shown.association?.publicIp}`;
    throw refused(`${privateIp} ${what} of ${eni.networkInterfaceId}`);
  }
  return true;
}

function refused(why: string, command?: string): CoreError {
  return new CoreError({
    code: 'ProbeRefused',
    message: `Probing the scope of claims: ${why}; nothing was written`,
    remedy:
      command ??
      `Give a free Elastic IP of the pool tagged ${reservedTagKey}=${probeReservation}, an ENI, and two private IPs of its subnet that nobody uses.`,
    retry: 'never',
  });
}
