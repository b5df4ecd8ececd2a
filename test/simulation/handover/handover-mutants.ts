import type { Mutant } from '../mutants.ts';

/** Rules of how an address comes to a standby. */
export const handoverMutants: readonly Mutant[] = [
  {
    name: 'a handover takes an address from whom one list does not have',
    file: 'request-handover.ts',
    text: 'return nowMs - run.missing.sinceMs >= graceMs ? uid : undefined;',
    replacement: 'return nowMs - run.missing.sinceMs >= graceMs - graceMs ? uid : undefined;',
    foundFrom: 2965,
  },
  {
    name: 'an address that is merely free counts as handed over',
    file: 'cloud/plan-handover.ts',
    text: 'const isUnrecorded = record === undefined || record.owner.uid === by.uid;',
    replacement: 'const isUnrecorded = record === undefined || record.owner.uid !== undefined;',
    foundFrom: 1589,
  },
  {
    name: 'a keep heeds a request for an earlier hold',
    file: 'cloud/maintain/judge-claim.ts',
    text: 'if (asked?.associationId !== grant.associationId || asked.untilMs <= nowMs) return undefined;',
    replacement: 'if (asked === undefined || asked.untilMs <= nowMs) return undefined;',
    foundFrom: 14293,
  },
  {
    name: 'what describes still show is kept though another pod has asked for it',
    file: 'cloud/plan/occupant.ts',
    text: '!isAskedByAnother(address, wanted));',
    replacement: '!isAskedByAnother(address, { ...wanted, nowMs: Infinity }));',
    foundFrom: 277,
  },
  {
    name: 'a successor inherits what a standby has asked for',
    file: 'cloud/managed/want-claim.ts',
    text: 'preferred: addressOfClaim(claim)?.allocationId,',
    replacement: 'preferred: addressOfClaim(claim)?.allocationId ?? inherits,',
    foundFrom: 359,
  },
  {
    name: 'a reaper leaves the request of a dead standby',
    file: 'cloud/reap/judge-request.ts',
    text: "if (asked === undefined) return 'idle';",
    replacement: "if (asked !== undefined || asked === undefined) return 'idle';",
    foundFrom: 133,
  },
];
