import { CoreError } from '../../errors.ts';
import { poolTagKey } from '../../identity/owner.ts';
import type { NetworkInterface } from '../ec2/ec2-api.ts';
import type { GrantSpec } from '../identity-grant.ts';
import type { CloudSession } from '../observe/cloud-session.ts';
import { readPool } from '../observe/observe-cloud.ts';

/** `isBelieved`: it was looked for as long as describes may be behind, so the region is wrong; one look proves nothing. */
export async function interfaceNotFound(
  session: CloudSession,
  spec: GrantSpec,
  { sentence, isBelieved }: { readonly sentence: string; readonly isBelieved: boolean },
): Promise<CoreError> {
  const addresses = await readPool(session, spec.pool);
  if (addresses.length === 0) {
    return new CoreError({
      code: 'WrongRegion',
      message: `Region ${spec.region} has neither ${sentence} nor an Elastic IP tagged ${poolTagKey}=${spec.pool}`,
      remedy: 'Set the region of the identity spec to the one of the node and the pool.',
      retry: isBelieved ? 'never' : 'later',
    });
  }
  return new CoreError({
    code: 'NetworkInterfaceNotFound',
    message: `There is no such thing as ${sentence} in ${spec.region}, though pool ${spec.pool} is there`,
    remedy: `Check that ${spec.linkName} is a slave of the media ENI: an ipvlan link has its MAC address, a macvlan link has one of its own; select the ENI by id or by instance then.`,
    retry: 'later',
  });
}

/** More than one is selected, and the link's MAC address tells them not apart. */
export function interfaceAmbiguous(
  spec: GrantSpec,
  sentence: string,
  found: readonly NetworkInterface[],
): CoreError {
  return new CoreError({
    code: 'NetworkInterfaceAmbiguous',
    message: `Looking for ${sentence} in ${spec.region}: found ${found.length}: ${found.map((eni) => eni.networkInterfaceId).join(', ')}`,
    remedy:
      'Select one: networkInterface { by: "id" }, or a tag that only the media ENI of the instance carries.',
    retry: 'never',
  });
}
