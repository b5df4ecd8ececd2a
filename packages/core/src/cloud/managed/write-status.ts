import type { CoreError } from '../../errors.ts';
import { nameClaim, type ClaimStatus, type ClaimTrouble } from './claim.ts';
import { changeClaim } from './claim-writes.ts';
import type { ClaimWork } from './claim-work.ts';
import type { ControlPorts } from './control-ports.ts';

/** Ends what is done for a claim: it is gone, or another controller wrote it. The next pass sees. */
export class ClaimMoved extends Error {}

/**
 * Writes the controller's part, whatever the pod wrote meanwhile; nothing when it says so already.
 * @throws ClaimMoved when the status is not the one that this was decided by.
 */
export async function writeStatus(
  { claims }: Pick<ControlPorts, 'claims'>,
  work: Pick<ClaimWork, 'claim'>,
  status: ClaimStatus,
): Promise<void> {
  const before = JSON.stringify(work.claim.status);
  if (before === JSON.stringify(status)) return;
  const written = await changeClaim(
    work.claim,
    (now) => {
      if (JSON.stringify(now.status) !== before) throw new ClaimMoved(nameClaim(now));
      return { ...now, status };
    },
    (changed) => claims.updateStatus(changed),
    () => claims.get(work.claim),
  );
  if (written === undefined) throw new ClaimMoved(nameClaim(work.claim));
  work.claim = written;
}

/** Says why a claim does not get on; its phase stays. */
export function writeTrouble(
  ports: ControlPorts,
  work: ClaimWork,
  error: CoreError | undefined,
): Promise<void> {
  const phase = work.claim.status?.phase ?? { kind: 'waiting' };
  return writeStatus(ports, work, { phase, trouble: troubleOf(error) });
}

export function troubleOf(error: CoreError | undefined): ClaimTrouble | null {
  if (error === undefined) return null;
  const { code, message, remedy, retry } = error;
  return { code, message, remedy, retry };
}
