import { lateParts } from '../../late-parts.ts';
import type { CloudSession } from '../observe/cloud-session.ts';
import type { CloudView } from '../observe/view.ts';
import type { WantedNothing } from '../plan/plan-nothing.ts';
import type { CloudStep } from '../steps/cloud-step.ts';

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
    const { wasStanding, forgetFormer } = await lateParts.formerHolder();
    return (await wasStanding(session, step))
      ? forgetFormer(session, wanted, contradicting)
      : wanted;
  }
  if (wanted.known !== 'reported') return wanted;
  if (!isNews) return { ...wanted, known: 'ended-before' };
  if (contradicting === undefined) return { ...wanted, known: 'ended' };
  const { wasStanding, forgetFormer } = await lateParts.formerHolder();
  if (!(await wasStanding(session, step))) return { ...wanted, known: 'ended-before' };
  return { ...forgetFormer(session, wanted, contradicting), known: 'ended' };
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
