import type { NetworkInterface } from '../ec2/ec2-api.ts';
import {
  hasPrivateIp,
  interfaceOf,
  ownerRecordOf,
  recordsAssigned,
  type CloudView,
} from '../observe/view.ts';
import { judgeOccupant } from './occupant.ts';
import type { WantedIdentity } from './plan-cloud.ts';

/**
 * True when truetuple registered the private IP: it is about to, it remembers, a record of ours says so, be
 * it on an address that we lost, or the record of the address on it does, be it a dead pod's, whose duty to
 * take it off passes to us.
 */
export function privateIpIsOurs(
  wanted: Pick<
    WantedIdentity,
    'privateIp' | 'networkInterfaceId' | 'owner' | 'excluded' | 'privateIpAssignedByUs'
  >,
  view: CloudView,
): boolean {
  const eni = interfaceOf(view, wanted.networkInterfaceId);
  if (wanted.privateIpAssignedByUs || eni === undefined) return wanted.privateIpAssignedByUs;
  if (!hasPrivateIp(eni, wanted.privateIp)) return true;
  if (isRecordedAsOurs(wanted, view, eni)) return true;
  const occupant = judgeOccupant(wanted, view, eni);
  return occupant.kind !== 'none' && occupant.kind !== 'foreign' && occupant.privateIpAssignedByUs;
}

/** True when the record of a free address, or one of this pod's own, be its address lost, says so. */
function isRecordedAsOurs(
  { owner, privateIp }: Pick<WantedIdentity, 'privateIp' | 'owner'>,
  view: CloudView,
  { networkInterfaceId }: NetworkInterface,
): boolean {
  return view.addresses.some((address) => {
    const record = ownerRecordOf(address);
    const counts = address.associationId === undefined || record?.owner.uid === owner.uid;
    const place = { networkInterfaceId, privateIp };
    return counts && record !== undefined && recordsAssigned(record, place);
  });
}
