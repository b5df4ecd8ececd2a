import type { Mutant } from '../mutants.ts';

/** The safety rules that managed mode has alone. */
export const managedMutants: readonly Mutant[] = [
  {
    name: 'a controller writes without the lease',
    file: 'cloud/managed/fence-writes.ts',
    text: 'if (lease.isHeld()) return;',
    replacement: 'return;',
    foundFrom: 123,
  },
  {
    name: 'a promised address is given to others',
    file: 'cloud/managed/claim-work.ts',
    text: 'return [leadsTo, kept].filter((id) => id !== undefined);',
    replacement: 'return [leadsTo, kept].filter((id) => id === null);',
    foundFrom: 187,
  },
  {
    name: 'an address whose promise is being written is given to others',
    file: 'cloud/managed/claim-work.ts',
    text: 'return [leadsTo, kept].filter((id) => id !== undefined);',
    replacement: 'return [kept].filter((id) => id !== undefined);',
    foundFrom: 2403,
  },
  {
    name: 'who is not in a list that says nothing is succeeded',
    file: 'cloud/managed/judge-holder.ts',
    text: 'const isDoubtful = !live.complete ||',
    replacement: "if (!live.complete) return 'succeeded'; const isDoubtful =",
    foundFrom: 3,
  },
  {
    name: 'who is not listed at once is dead',
    file: 'cloud/managed/sort-errands.ts',
    text: 'return nowMs - work.notListedSinceMs >= patienceMs;',
    replacement: 'return nowMs - work.notListedSinceMs >= patienceMs * 0;',
    foundFrom: 43,
  },
  {
    name: 'a claim goes before what it held is given back',
    file: 'cloud/managed/finish-claim.ts',
    text: 'if (held !== undefined) await giveBack(ports, errand, held);',
    replacement: '',
    foundFrom: 55,
  },
  {
    name: 'what is on a link is led away from the claim that has it',
    file: 'cloud/managed/sort-errands.ts',
    text: 'hasItsLink(one.claim, work.claim) &&',
    replacement: 'hasItsLink(one.claim, work.claim) && !hasAddress(one) &&',
    foundFrom: 2259,
  },
  {
    name: 'two claims for one link are led at once',
    file: 'cloud/managed/sort-errands.ts',
    text: '(one.isBusy || held.includes(one) || (hasAddress(one) && !hasAddress(work))),',
    replacement: 'hasAddress(one) && !hasAddress(work),',
    foundFrom: 3831,
  },
  {
    name: 'a pod lets go of a deleted claim and goes on advertising',
    file: 'cloud/managed/acquire-claim.ts',
    text: 'if (act.held !== undefined) await run.request.onGivingBack?.(claimOf(act.held));',
    replacement: '',
    foundFrom: 2063,
  },
  {
    name: 'a release says that it let go before it has withdrawn',
    file: 'release-public-identity.ts',
    text: "await attempt('unpublish', () => withdraw(node, report, directory, identity));",
    replacement:
      "await (await node.openGrant(identity)).release(identity).catch(() => {}); await node.clock.wait(4000); await attempt('unpublish', () => withdraw(node, report, directory, identity));",
    foundFrom: 3,
  },
  {
    name: 'a claim that rests is never found to be nobody’s',
    file: 'cloud/managed/sort-errands.ts',
    text: 'notListedSinceMs !== undefined ||',
    replacement: '',
    foundFrom: 111,
  },
  {
    name: 'a broken promise forgets who put the private IP there',
    file: 'cloud/managed/want-claim.ts',
    text: "phase?.kind === 'promised' && phase.promise.privateIpAssignedByUs;",
    replacement: 'false;',
    foundFrom: 311,
  },
  {
    name: 'a claim is as old as wall clocks say',
    file: 'cloud/managed/claim-work.ts',
    text: 'return nowMs - work.known.sinceMs;',
    replacement:
      "const phase = work.claim.status?.phase; return clock.now() - (phase !== undefined && 'claimedAtMs' in phase ? phase.claimedAtMs : 0);",
    foundFrom: 287,
  },
];
