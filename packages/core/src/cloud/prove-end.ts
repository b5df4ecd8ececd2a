import { bear, type CloudSession } from './cloud-session.ts';
import type { CloudStep } from './cloud-step.ts';
import { Ec2CallError } from './ec2-call-error.ts';
import { rememberWrite } from './own-writes.ts';
import type { WantedNothing } from './plan-nothing.ts';
import { nameStep } from './translate-ec2-error.ts';
import { shownOn, type CloudView } from './view.ts';

export type Disassociation = CloudStep & { readonly kind: 'disassociate-address' };

/**
 * An ended association is news unless EC2 says that it knows it no more. EC2 may also say yes to the end of
 * one that ended long ago (API reference, DisassociateAddress: "an idempotent operation"); then it is news
 * only of a claim that a describe shows, or that is younger than describes lag.
 */
export async function afterEnd(
  session: CloudSession,
  end: {
    readonly step: Disassociation;
    readonly wanted: WantedNothing;
    /** The look that showed somebody else's association just before EC2 said yes. */
    readonly contradicting: CloudView | undefined;
  },
  isNews: boolean,
): Promise<WantedNothing> {
  const { step, wanted, contradicting } = end;
  // the end of another association than the claim's says nothing of the claim
  if (step.associationId !== wanted.claim?.associationId) return wanted;
  if (wanted.known === 'own' && isNews && contradicting !== undefined) {
    return (await wasStanding(session, step))
      ? forgetFormer(session, wanted, contradicting)
      : wanted;
  }
  if (wanted.known !== 'reported') return wanted;
  if (!isNews) return { ...wanted, known: 'ended-before' };
  if (contradicting === undefined) return { ...wanted, known: 'ended' };
  if (!(await wasStanding(session, step))) return { ...wanted, known: 'ended-before' };
  return { ...forgetFormer(session, wanted, contradicting), known: 'ended' };
}

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
function forgetFormer(
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

/** Once a describe shows the former holder no more, it is from after the claim, and routes are as they are shown. */
export function believeCaughtUp(
  wanted: WantedNothing,
  { addresses }: Pick<CloudView, 'addresses'>,
): WantedNothing {
  const { former, claim } = wanted;
  if (former === undefined) return wanted;
  const address = addresses.find(({ allocationId }) => allocationId === claim?.allocationId);
  const isBehind = address === undefined || address.associationId === former.associationId;
  return isBehind ? wanted : { ...wanted, former: undefined };
}
