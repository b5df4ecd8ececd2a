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
    foundFrom: 5493,
  },
  {
    name: 'a keep heeds a request for an earlier hold',
    file: 'cloud/maintain/judge-claim.ts',
    text: 'if (asked?.associationId !== grant.associationId || asked.untilMs <= nowMs) return undefined;',
    replacement: 'if (asked === undefined || asked.untilMs <= nowMs) return undefined;',
    foundFrom: 11541,
  },
  {
    name: 'a reaper leaves the request of a dead standby',
    file: 'cloud/reap/judge-request.ts',
    text: "if (asked === undefined) return 'idle';",
    replacement: "if (asked !== undefined || asked === undefined) return 'idle';",
    foundFrom: 133,
  },
];
