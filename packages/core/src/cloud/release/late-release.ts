import { lateParts } from '../../late-parts.ts';
import { waitUntil, type CloudSession } from '../observe/cloud-session.ts';
import { caughtUpMs } from '../observe/own-writes.ts';
import type { CloudView } from '../observe/view.ts';
import type { WantedNothing } from '../plan/plan-nothing.ts';
import type { CloudStep } from '../steps/cloud-step.ts';
import type { Ending } from './end-claim.ts';
import type { Disassociation } from './prove-end.ts';

/** When what of a release's plan may be carried out. */
export interface Due {
  readonly isLate: boolean;
  /** Of planned steps, those that may be carried out now. */
  readonly of: (steps: readonly CloudStep[], wanted: WantedNothing) => readonly CloudStep[];
  /** True when EC2's yes to the end of an association is to be believed: asked once more it says whether that stood until then. */
  readonly isProven: (step: Disassociation) => Promise<boolean>;
  /** True for the end of an association that was just made, and just shown: EC2 may not know it yet. */
  readonly isTooNew: (step: CloudStep, seen: CloudView | undefined) => boolean | undefined;
  /** To be called when EC2 has told what became of the association: describes are to catch up with that. */
  readonly told: () => void;
  /** Resolves when describes have caught up. */
  readonly caughtUp: () => Promise<void>;
}

/**
 * A release is late where the pod's link is not known to have the private IP: the pod may be dead, its address and its private IP
 * may be the next ones', and describes from before show them as its own. So EC2 is asked first, by the association's id; all else
 * waits until describes have caught up with the answer.
 */
export function dueOf(session: CloudSession, ending: Ending): Due {
  const { clock } = session;
  const isLate = isLateRelease(ending);
  const later = (): number => clock.elapsed() + caughtUpMs;
  const knownAtMs = later() - Math.max(0, ending.claimAgeMs ?? 0);
  let caughtUpAtMs = isLate ? later() : -Infinity;
  return {
    isLate,
    of: (steps, wanted) =>
      steps.filter((step) => clock.elapsed() >= caughtUpAtMs || isDueAtOnce(step, wanted)),
    isTooNew: (step, seen) =>
      step.kind === 'disassociate-address' &&
      clock.elapsed() < knownAtMs &&
      seen?.addresses.some((one) => one.associationId === step.associationId),
    isProven: async (step) =>
      !isLate || (await lateParts.formerHolder()).wasStanding(session, step),
    told: () => {
      if (isLate) caughtUpAtMs = later();
    },
    caughtUp: () => waitUntil(session, caughtUpAtMs, 'waiting for describes to catch up'),
  };
}

/** Nobody proves a pod dead that has claimed a few seconds ago. */
function isLateRelease({ wanted, claimAgeMs = 0 }: Ending): boolean {
  const isJustMade = claimAgeMs >= 0 && claimAgeMs < caughtUpMs;
  return wanted.known === 'reported' && wanted.isPrivateIpOnLink !== true && !isJustMade;
}

/** What EC2 compares by itself, and routes once EC2 has ended the association: nobody else had the address until then. */
function isDueAtOnce({ kind }: CloudStep, { known }: WantedNothing): boolean {
  if (kind === 'delete-route') return known === 'ended';
  return kind === 'disassociate-address' || kind === 'tag-released';
}
