import { defineCrashSuite } from '../e2e/crash-suite.ts';

for (const lagMs of [0, 5000]) {
  defineCrashSuite({
    title: `SIGKILL after each step in turn, with describes that are up to ${lagMs} ms behind`,
    lagMs,
    points: () => true,
    leastDeaths: 44,
    leastStaleLooks: 3,
  });
}
