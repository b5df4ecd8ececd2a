import { hostCidr } from '../../identity/address.ts';
import { rememberWrite } from '../observe/own-writes.ts';
import type { Carried } from '../steps/carry-out.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import type { Acquire } from './acquire-grant.ts';

type AssociateStep = CloudStep & { readonly kind: 'associate-address' };

/**
 * What claiming a shown association of ours again has told (AssociateAddress: the same Elastic IP on the same private
 * IP answers with the association that stands). The same id: it stood before this call, and no undo ends it.
 * Another one, or a refusal: the one that was shown has ended, whatever describes go on showing, and what was written under
 * it may have been taken away since.
 */
export function confirmClaim(
  acquire: Acquire,
  step: AssociateStep,
  { shownId, carried }: { readonly shownId: string; readonly carried: Carried },
): void {
  if (carried === 'look-again') return;
  const { session } = acquire;
  const answered = session.writes.find(
    (write) => write.step.kind === step.kind && write.step.allocationId === step.allocationId,
  );
  if (carried === 'done' && answered?.associationId === shownId) {
    // made by this very call it is its own to undo
    const isOfThisCall = shownId === acquire.overdueId || step.allocationId === acquire.blindId;
    if (isOfThisCall && shownId !== acquire.request.published?.associationId) return;
    acquire.confirmed = shownId;
    session.journal = session.journal.filter(
      (one) => one.kind !== step.kind || one.allocationId !== step.allocationId,
    );
    return;
  }
  const { publicIp } = step;
  const end = { kind: 'disassociate-address' as const, associationId: shownId, publicIp };
  const under = session.writes.filter((write) => !isUnder(write.step, step));
  session.writes = rememberWrite(under, { step: end });
}

function isUnder(one: CloudStep, { allocationId, publicIp }: AssociateStep): boolean {
  if (one.kind === 'tag-owner') return one.allocationId === allocationId;
  const isRoute = one.kind === 'create-route' || one.kind === 'replace-route';
  return isRoute && one.destination === hostCidr(publicIp);
}
