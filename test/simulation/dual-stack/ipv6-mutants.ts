import type { Mutant } from '../mutants.ts';

/** Rules of what dual-stack identities have of IPv6. */
export const ipv6Mutants: readonly Mutant[] = [
  {
    name: 'an IPv6 address is assigned before its record is written',
    file: 'cloud/ipv6/hold-ipv6.ts',
    text: 'const isDue = !isStanding || !isOwn;',
    replacement: 'const isDue = false;',
    foundFrom: 2,
  },
  {
    name: 'a release takes an IPv6 address off whose record is another pod’s',
    file: 'cloud/ipv6/hold-ipv6.ts',
    text: 'if (record !== undefined && record.owner.uid !== claim.owner.uid) return;',
    replacement: '',
    foundFrom: 4722,
  },
  {
    name: 'the record of an IPv6 address goes before it',
    file: 'cloud/ipv6/hold-ipv6.ts',
    text: "if ((await carryOut(session, unassignStep(claim))) !== 'done') continue;",
    replacement:
      "await insist(session, untagStep(claim, record?.value ?? ownValue(claim))); if ((await carryOut(session, unassignStep(claim))) !== 'done') continue;",
    foundFrom: 458,
  },
  {
    name: 'a reaper takes IPv6 addresses of pods that live',
    file: 'cloud/ipv6/judge-ipv6.ts',
    text: "if (isAlive(live, owner.uid)) return 'in-use';",
    replacement: 'live = { complete: true, pods: [] };',
    foundFrom: 2,
  },
  {
    name: 'an IPv6 address is asked for before there is an Elastic IP',
    file: 'cloud/ipv6/hold-both.ts',
    text: 'const grant = await inner.acquire({',
    replacement: 'await hold();\n    const grant = await inner.acquire({',
    foundFrom: 2618,
  },
  {
    name: 'two claims have one IPv6 address',
    file: 'cloud/managed/sort-errands.ts',
    text: 'if (ipv6Address === undefined) return undefined;',
    replacement: 'if (ipv6Address !== null) return undefined;',
    foundFrom: 367,
  },
  {
    name: 'a keep does not put an IPv6 address back',
    file: 'cloud/ipv6/dual-stack-grant.ts',
    text: "if (state.kind !== 'held' || grant.publicIpv6 === undefined) return state;",
    replacement: "if (state.kind !== 'lost' || grant.publicIpv6 === undefined) return state;",
    foundFrom: 26,
  },
];
