import type { ElasticIp, NetworkInterface } from '../ec2/ec2-api.ts';
import { readCloud, type CloudSession } from './cloud-session.ts';
import { inChunks } from './in-chunks.ts';
import {
  hasPrivateIp,
  interfaceOf,
  isAt,
  shownOn,
  type CloudView,
  type PrivateIpPlace,
} from './view.ts';

/**
 * The view with what private IPs within delegated prefixes carry, be it not of the pool: no network interface lists those, so EC2 is
 * asked for them, unless one of the view's addresses is there.
 */
export async function withPrefixOccupants(
  session: CloudSession,
  view: CloudView,
  places: readonly PrivateIpPlace[],
): Promise<CloudView> {
  const unlisted = places.filter((place) => isUnlisted(view, place));
  if (unlisted.length === 0) return view;
  const networkInterfaces = await Promise.all(
    view.networkInterfaces.map(async (eni) => {
      const here = unlisted.filter((one) => one.networkInterfaceId === eni.networkInterfaceId);
      return here.length === 0 ? eni : withOccupants(session, eni, here);
    }),
  );
  return { ...view, networkInterfaces };
}

function isUnlisted(view: CloudView, place: PrivateIpPlace): boolean {
  const eni = interfaceOf(view, place.networkInterfaceId);
  if (eni === undefined || shownOn(view, place) !== undefined) return false;
  return hasPrivateIp(eni, place.privateIp) && !view.addresses.some((one) => isAt(one, place));
}

async function withOccupants(
  session: CloudSession,
  eni: NetworkInterface,
  places: readonly PrivateIpPlace[],
): Promise<NetworkInterface> {
  const { networkInterfaceId } = eni;
  const onIt = { name: 'network-interface-id', values: [networkInterfaceId] };
  const privateIps = places.map(({ privateIp }) => privateIp);
  const found = await inChunks(privateIps, (values) =>
    readCloud(session, `reading what ${values.join(', ')} on ${networkInterfaceId} carry`, (call) =>
      session.ec2.describeAddresses(
        { filters: [onIt, { name: 'private-ip-address', values }] },
        call,
      ),
    ),
  );
  const carried = found.filter((address) => places.some((place) => isAt(address, place)));
  const listed = carried.flatMap((address) => listedAs(address));
  return { ...eni, privateIpAddresses: [...eni.privateIpAddresses, ...listed] };
}

function listedAs(address: ElasticIp): NetworkInterface['privateIpAddresses'] {
  const { privateIpAddress, publicIp, allocationId, associationId } = address;
  if (privateIpAddress === undefined || associationId === undefined) return [];
  return [
    { privateIpAddress, primary: false, association: { publicIp, allocationId, associationId } },
  ];
}
