import type { Acquire } from './acquire-grant.ts';
import type { Carried } from './carry-out.ts';
import type { CloudStep } from './cloud-step.ts';
import { rememberWrite } from './own-writes.ts';

/**
 * What claiming a shown association of ours again has told (AssociateAddress: the same Elastic IP on the same private
 * IP answers with the association that stands). The same id: it stood before this call, and no undo ends it.
 * Another one, or a refusal: the one that was shown has ended, whatever describes go on showing.
 */
export function confirmClaim(
  acquire: Acquire,
  step: CloudStep & { readonly kind: 'associate-address' },
  { shownId, carried }: { readonly shownId: string; readonly carried: Carried },
): void {
  if (carried === 'look-again') return;
  const { session } = acquire;
  const answered = session.writes.find(
    (write) => write.step.kind === step.kind && write.step.allocationId === step.allocationId,
  );
  if (carried === 'done' && answered?.associationId === shownId) {
    acquire.confirmed = shownId;
    session.journal = session.journal.filter(
      (one) => one.kind !== step.kind || one.allocationId !== step.allocationId,
    );
    return;
  }
  const { publicIp } = step;
  const end = { kind: 'disassociate-address' as const, associationId: shownId, publicIp };
  session.writes = rememberWrite(session.writes, { step: end });
}
