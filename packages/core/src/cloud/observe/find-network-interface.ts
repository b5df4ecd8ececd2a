import { lateParts } from '../../late-parts.ts';
import type { Filter, NetworkInterface } from '../ec2/ec2-api.ts';
import type { GrantSpec, LinkFact } from '../identity-grant.ts';
import { lookingOn, readCloud, type CloudSession } from './cloud-session.ts';
import { tagFilter } from './observe-cloud.ts';
import { caughtUpMs } from './own-writes.ts';

/**
 * Finds the link's ENI: one that a filter selects, or among several the one with the link's MAC address. One that is not shown is looked
 * for again for so long: the CNI may have made, attached or tagged it a moment ago.
 * @throws CoreError NetworkInterfaceNotFound, NetworkInterfaceAmbiguous; WrongRegion when the region has
 *   neither such an ENI nor an address of the pool.
 */
export async function findNetworkInterface(
  session: CloudSession,
  spec: GrantSpec,
  link: LinkFact,
  patienceMs: number = caughtUpMs,
): Promise<NetworkInterface> {
  const { filters, sentence } = selection(spec, link);
  const tried = `finding ${sentence}`;
  const lookOn = lookingOn(session, tried, patienceMs);
  let found: readonly NetworkInterface[];
  do {
    found = await readCloud(session, tried, (call) =>
      session.ec2.describeNetworkInterfaces({ filters }, call),
    );
  } while (found.length === 0 && (await lookOn()));
  const [only, ...more] = found;
  if (only === undefined) {
    const { interfaceNotFound } = await lateParts.undoAcquire();
    throw await interfaceNotFound(session, spec, { sentence, isBelieved: patienceMs > 0 });
  }
  if (more.length === 0) return only;
  const [byMac, ...others] = found.filter(({ macAddress }) => macAddress === link.macAddress);
  if (byMac !== undefined && others.length === 0) return byMac;
  throw (await lateParts.undoAcquire()).interfaceAmbiguous(spec, sentence, found);
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
