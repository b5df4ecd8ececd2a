import type { GrantState, MaintainCall } from '../identity-grant.ts';
import { maintainBeside } from '../ipv6/maintain-ipv6.ts';
import { askedForBy, believedId, judgeClaim } from '../maintain/judge-claim.ts';
import { maintainGrant } from '../maintain/maintain-grant.ts';
import { showsTable, type CloudView } from '../observe/view.ts';
import { planAlone } from '../plan/plan-cloud.ts';
import { isIpv6Whole } from './claim-ipv6.ts';
import { knownForMs, renewSession, type ClaimPlace, type ClaimWork } from './claim-work.ts';
import type { ClaimPhase } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';
import { wantedFor } from './want-claim.ts';
import { troubleOf, writeStatus } from './write-status.ts';

type GrantedPhase = Extract<ClaimPhase, { readonly kind: 'granted' }>;

/** Pure: true when a view that is shared with others shows all of a granted identity as it should be. */
export function isWhole(
  work: ClaimWork,
  phase: GrantedPhase,
  place: ClaimPlace,
  { view, ports }: { readonly view: CloudView; readonly ports: ControlPorts },
): boolean {
  const { grant } = phase;
  const nowMs = ports.clock.now();
  const seen = judgeClaim(grant, view);
  if (seen.kind !== 'held') return false;
  if (!isIpv6Whole(grant, view)) return false;
  if (!place.routeTableIds.every((id) => showsTable(view, id))) return false;
  // the pod is told of a request, and of its end
  if (phase.askedFor !== undefined || askedForBy(grant, view, nowMs) !== undefined) return false;
  // another id: it was associated anew, and whoever did it has not come to say so
  if (believedId(grant, seen, knownForMs(work, grant, ports)) !== grant.associationId) return false;
  const plan = planAlone(wantedFor(work, place), view);
  return plan.kind === 'steps' && plan.steps.length === 0;
}

/**
 * Looks at one identity by itself, puts back what it lost, and tells its pod when somebody else has it, or asks for it. A pod
 * that has been told of a request and goes on advertising (its clock is ahead, it does not hear of its claim) needs what it
 * holds as before.
 */
export async function lookAfterClaim(
  ports: ControlPorts,
  work: ClaimWork,
  phase: GrantedPhase,
): Promise<void> {
  const { askedFor: told, ...unasked } = phase;
  const state = await maintain(ports, work, phase, { nowMs: ports.clock.now() });
  if (state === 'let-go') return;
  if (state.kind !== 'asked-for') return tell(ports, work, unasked, state);
  const { by, untilMs } = state;
  const asked = { ...unasked, askedFor: { by, untilMs } };
  const isTold = told?.by.uid === by.uid && told?.untilMs === untilMs;
  if (!isTold) return writeStatus(ports, work, { phase: asked, trouble: null });
  // without the time no request is heard
  const held = await maintain(ports, work, phase);
  if (held !== 'let-go') await tell(ports, work, asked, held);
}

async function maintain(
  ports: ControlPorts,
  work: ClaimWork,
  { grant }: GrantedPhase,
  heeding: Pick<MaintainCall, 'nowMs'> = {},
): Promise<GrantState | 'let-go'> {
  work.session.writes = [];
  const session = renewSession(ports, work);
  const claimAgeMs = knownForMs(work, grant, ports);
  const state = await maintainGrant(session, grant, { claimAgeMs, ...heeding });
  return state.kind === 'held' ? maintainBeside(session, grant, { claimAgeMs }, state) : state;
}

async function tell(
  ports: ControlPorts,
  work: ClaimWork,
  { grant, claimedAtMs, askedFor }: GrantedPhase,
  state: GrantState,
): Promise<void> {
  switch (state.kind) {
    case 'held': {
      const isSame = state.grant.associationId === grant.associationId;
      const phase: ClaimPhase = {
        kind: 'granted',
        grant: state.grant,
        claimedAtMs: isSame ? claimedAtMs : ports.clock.now(),
      };
      // a request means one association
      const told = isSame && askedFor !== undefined ? { ...phase, askedFor } : phase;
      await writeStatus(ports, work, { phase: told, trouble: troubleOf(state.unrepaired) });
      return;
    }
    case 'lost': {
      const { because, message, associationId = null } = state;
      const phase: ClaimPhase = { kind: 'lost', grant, loss: { because, message, associationId } };
      await writeStatus(ports, work, { phase, trouble: null });
      return;
    }
    case 'asked-for':
    case 'let-go':
      return;
    default:
      return state satisfies never;
  }
}
