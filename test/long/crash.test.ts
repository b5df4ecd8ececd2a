import { defineCrashSuite } from '../e2e/crash-suite.ts';

for (const isDualStack of [false, true]) {
  for (const lagMs of [0, 5000]) {
    defineCrashSuite({
      title: `SIGKILL after each step in turn, with describes that are up to ${lagMs} ms behind${isDualStack ? ', dual stack' : ''}`,
      lagMs,
      isDualStack,
      points: () => true,
      leastDeaths: isDualStack ? 75 : 44,
      leastStaleLooks: 3,
    });
  }
}
