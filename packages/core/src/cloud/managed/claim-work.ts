import { openSession, type CloudSession } from '../cloud-session.ts';
import type { ClaimKey, IdentityClaim } from './claim.ts';
import type { ControlPorts } from './control-ports.ts';

/** Where an identity goes: looked up once. */
export interface ClaimPlace {
  readonly networkInterfaceId: string;
  readonly routeTableIds: readonly string[];
}

/** What a controller remembers of one claim; all of it can be forgotten. */
export interface ClaimWork {
  /** As it was read or written last. */
  claim: IdentityClaim;
  /** Its answered writes to EC2, which describes may not show yet. */
  session: CloudSession;
  /** When `session` was used last, by `elapsed`. */
  usedAtMs: number;
  place: ClaimPlace | undefined;
  /** Allocation ids that EC2 refused. */
  readonly excluded: Set<string>;
  /** The address of an earlier pod of the same name. */
  inherits: string | undefined;
  /** Since when EC2 shows the promised address elsewhere, by `elapsed`. */
  unavailableSinceMs: number | undefined;
  /** Since when its pod is not listed, by `elapsed`. */
  notListedSinceMs: number | undefined;
  /** Not looked at before, by `elapsed`. */
  restsUntilMs: number;
  /** True while it is being carried out. */
  isBusy: boolean;
}

export function newWork(ports: ControlPorts, claim: IdentityClaim): ClaimWork {
  return {
    claim,
    session: sessionFor(ports, claim, []),
    usedAtMs: ports.clock.elapsed(),
    place: undefined,
    excluded: new Set(),
    inherits: undefined,
    unavailableSinceMs: undefined,
    notListedSinceMs: undefined,
    restsUntilMs: 0,
    isBusy: false,
  };
}

/** A session that is patient anew and remembers what the claim's last one wrote. */
export function renewSession(ports: ControlPorts, work: ClaimWork): CloudSession {
  work.usedAtMs = ports.clock.elapsed();
  work.session = sessionFor(ports, work.claim, work.session.writes);
  return work.session;
}

function sessionFor(
  { ec2, clock, signal, onStep }: ControlPorts,
  claim: ClaimKey,
  writes: CloudSession['writes'],
): CloudSession {
  const tell = onStep && ((event: Parameters<typeof onStep>[0]) => onStep(event, claim));
  return Object.assign(openSession({ ec2, clock, signal, onStep: tell }), { writes });
}
