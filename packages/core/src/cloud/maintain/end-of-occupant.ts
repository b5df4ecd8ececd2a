import { parseIpv4Address } from '../../identity/address.ts';
import { poolTagKey } from '../../identity/owner.ts';
import type { Grant } from '../identity-grant.ts';
import { shownOn, tagOf, type CloudView } from '../observe/view.ts';
import type { CloudStep } from '../steps/cloud-step.ts';

/** The end of what our private IP carries beside our address, of which the view has the tags; undefined when it is not of our pool. */
export function endOfOccupant(grant: Grant, view: CloudView): CloudStep | undefined {
  const carried = shownOn(view, grant)?.association;
  if (carried?.associationId === undefined || carried.allocationId === grant.allocationId) {
    return undefined;
  }
  const { associationId } = carried;
  const poolOf = (id: string | undefined): string | undefined => {
    const address = view.addresses.find(({ allocationId }) => allocationId === id);
    return address && tagOf(address, poolTagKey);
  };
  const pool = poolOf(grant.allocationId);
  if (pool === undefined || poolOf(carried.allocationId) !== pool) return undefined;
  const publicIp = parseIpv4Address(carried.publicIp, 'public IP');
  return { kind: 'disassociate-address', associationId, publicIp };
}
