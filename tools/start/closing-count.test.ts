import { describe, expect, it } from 'vitest';
import { closeRun, parseCount } from './closing-count.mjs';

describe('parseCount', () => {
  it('reads the line that it shares with the reporter', () => {
    expect(parseCount('7 passed, 0 failed, 2 skipped\n')).toEqual({
      passed: 7,
      failed: 0,
      skipped: 2,
    });
  });

  it.each(['', 'Tests 7 passed', '7 passed, 0 failed', 'x7 passed, 0 failed, 2 skipped'])(
    'does not take "%s" for a count',
    (line) => {
      expect(parseCount(line)).toBeUndefined();
    },
  );
});

describe('closeRun', () => {
  const good = { passed: 7, failed: 0, skipped: 2 };

  it('tells what was counted', () => {
    expect(closeRun({ counted: good, exitCode: 0 })).toEqual({
      line: '7 passed, 0 failed, 2 skipped',
      exitCode: 0,
    });
  });

  it('counts a failure that no test shows', () => {
    expect(closeRun({ counted: good, exitCode: 1 }).line).toBe('7 passed, 1 failed, 2 skipped');
  });

  it('does not count a failed test twice', () => {
    const counted = { passed: 6, failed: 1, skipped: 2 };
    expect(closeRun({ counted, exitCode: 1 }).line).toBe('6 passed, 1 failed, 2 skipped');
  });

  it('never calls a run good that counted nothing', () => {
    expect(closeRun({ counted: undefined, exitCode: 0 })).toEqual({
      line: '0 passed, 1 failed, 0 skipped',
      exitCode: 1,
    });
  });

  it('never calls a run good that counted a failure', () => {
    expect(closeRun({ counted: { passed: 6, failed: 1, skipped: 0 }, exitCode: 0 }).exitCode).toBe(
      1,
    );
  });

  it('keeps the exit code of an interrupted run', () => {
    expect(closeRun({ counted: undefined, exitCode: 130 }).exitCode).toBe(130);
  });
});
