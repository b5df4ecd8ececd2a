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
