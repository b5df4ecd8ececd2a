import { defineCrashSuite } from './crash-suite.ts';

// all of keep's, and all with lag: test/long
defineCrashSuite({
  title: 'SIGKILL after each step in turn',
  lagMs: 0,
  points: (step, what) => what !== 'keep' || step === 3,
  leastDeaths: 36,
  leastStaleLooks: 0,
});

defineCrashSuite({
  title: 'SIGKILL with describes that are up to five seconds behind',
  lagMs: 5000,
  points: (step, what) => step === (what === 'ensure' ? 11 : 3),
  leastDeaths: 6,
  leastStaleLooks: 0,
});

defineCrashSuite({
  title: 'SIGKILL at the steps that IPv6 adds',
  lagMs: 0,
  isDualStack: true,
  points: {
    ensure: ['tag-ipv6-owner', 'assign-ipv6-address', 'add-ipv6-address'],
    keep: ['assign-ipv6-address'],
    release: ['unassign-ipv6-address', 'untag-ipv6-owner', 'remove-ipv6-address'],
  },
  leastDeaths: 14,
  leastStaleLooks: 0,
});
