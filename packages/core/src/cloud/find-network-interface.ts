import { CoreError } from '../errors.ts';
import { poolTagKey } from '../identity/owner.ts';
import { readCloud, type CloudSession } from './cloud-session.ts';
import type { Filter, NetworkInterface } from './ec2-api.ts';
import type { GrantSpec, LinkFact } from './identity-grant.ts';
import { readPool, tagFilter } from './observe-cloud.ts';

/**
 * Finds the link's ENI: one that a filter selects, or among several the one with the link's MAC address.
 * @throws CoreError NetworkInterfaceNotFound, NetworkInterfaceAmbiguous; WrongRegion when the region has
 *   neither such an ENI nor an address of the pool.
 */
export async function findNetworkInterface(
  session: CloudSession,
  spec: GrantSpec,
  link: LinkFact,
): Promise<NetworkInterface> {
  const { filters, sentence } = selection(spec, link);
  const found = await readCloud(session, `finding ${sentence}`, (call) =>
    session.ec2.describeNetworkInterfaces({ filters }, call),
  );
  const [only, ...more] = found;
  if (only === undefined) throw await notFound(session, spec, sentence);
  if (more.length === 0) return only;
  const [byMac, ...others] = found.filter(({ macAddress }) => macAddress === link.macAddress);
  if (byMac !== undefined && others.length === 0) return byMac;
  throw new CoreError({
    code: 'NetworkInterfaceAmbiguous',
    message: `Looking for ${sentence} in ${spec.region}: found ${found.length}: ${found.map((eni) => eni.networkInterfaceId).join(', ')}`,
    remedy:
      'Select one: networkInterface { by: "id" }, or a tag that only the media ENI of the instance carries.',
    retry: 'never',
  });
}

function selection(
  spec: GrantSpec,
  link: LinkFact,
): { readonly filters: readonly Filter[]; readonly sentence: string } {
  const selector = spec.networkInterface;
  switch (selector.by) {
    case 'mac':
      return {
        filters: [{ name: 'mac-address', values: [link.macAddress] }],
        sentence: `the ENI with MAC address ${link.macAddress}`,
      };
    case 'id':
      return {
        filters: [{ name: 'network-interface-id', values: [selector.networkInterfaceId] }],
        sentence: selector.networkInterfaceId,
      };
    case 'instance': {
      const { instanceId, tag } = selector;
      const onInstance = { name: 'attachment.instance-id', values: [instanceId] };
      if (tag === undefined) {
        return { filters: [onInstance], sentence: `the ENI of ${instanceId}` };
      }
      return {
        filters: [onInstance, tagFilter(tag)],
        sentence: `the ENI of ${instanceId} with tag ${tag.key}=${tag.value}`,
      };
    }
    default:
      return selector satisfies never;
  }
}

async function notFound(
  session: CloudSession,
  spec: GrantSpec,
  sentence: string,
): Promise<CoreError> {
  const addresses = await readPool(session, spec.pool);
  if (addresses.length === 0) {
    return new CoreError({
      code: 'WrongRegion',
      message: `Region ${spec.region} has neither ${sentence} nor an Elastic IP tagged ${poolTagKey}=${spec.pool}`,
      remedy: 'Set the region of the identity spec to the one of the node and the pool.',
      retry: 'never',
    });
  }
  return new CoreError({
    code: 'NetworkInterfaceNotFound',
    message: `There is no such thing as ${sentence} in ${spec.region}, though pool ${spec.pool} is there`,
    remedy: `Check that ${spec.linkName} is a slave of the media ENI: an ipvlan link has its MAC address, a macvlan link has one of its own; select the ENI by id or by instance then.`,
    retry: 'later',
  });
}
