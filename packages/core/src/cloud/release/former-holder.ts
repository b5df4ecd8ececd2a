import { Ec2CallError } from '../ec2/ec2-call-error.ts';
import { bear, type CloudSession } from '../observe/cloud-session.ts';
import { rememberWrite } from '../observe/own-writes.ts';
import { shownOn, type CloudView } from '../observe/view.ts';
import type { WantedNothing } from '../plan/plan-nothing.ts';
import { nameStep } from '../steps/translate-ec2-error.ts';
import type { Disassociation } from './prove-end.ts';

/**
 * Whether EC2's yes to the end of an association, while describes show somebody else's, means that it stood until then.
 * Asked once more, EC2 either knows the association no more, and so would have refused the first time had it ended
 * before; or it says yes to what has ended, and its yes proves nothing.
 */
export async function wasStanding(session: CloudSession, step: Disassociation): Promise<boolean> {
  const { associationId } = step;
  for (;;) {
    try {
      await session.ec2.disassociateAddress({ associationId });
      return false;
    } catch (error) {
      if (Ec2CallError.is(error) && error.ec2Code === 'InvalidAssociationID.NotFound') return true;
      await bear(session, error, nameStep(step));
    }
  }
}

/**
 * The claim stood until its end just now, so whatever else describes showed of its address and its private IP before
 * that is from before the claim.
 */
export function forgetFormer(
  session: CloudSession,
  wanted: WantedNothing,
  before: CloudView,
): WantedNothing {
  const { claim } = wanted;
  if (claim === undefined) return wanted;
  const { allocationId, publicIp } = claim;
  const address = before.addresses.find((one) => one.allocationId === allocationId);
  const carried = shownOn(before, wanted)?.association;
  for (const associationId of [address?.associationId, carried?.associationId]) {
    if (associationId === undefined) continue;
    const step = { kind: 'disassociate-address' as const, associationId, publicIp };
    session.writes = rememberWrite(session.writes, { step });
  }
  const formerId = address?.associationId;
  const formerPlace = address?.networkInterfaceId;
  if (formerId === undefined || formerPlace === undefined) return wanted;
  return { ...wanted, former: { associationId: formerId, networkInterfaceId: formerPlace } };
}
