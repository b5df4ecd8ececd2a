import { LabError } from '../../errors.ts';

/** What one sipp process counted over all its calls. */
export interface SippStatistics {
  readonly successful: number;
  readonly failed: number;
  /** Messages that it sent again. */
  readonly retransmissions: number;
  /** Messages that its scenario did not expect, in a call, of no call, or of a call that had ended. */
  readonly unexpected: number;
  /** Calls that were still up when it stopped. */
  readonly current: number;
  /** Failed calls by sipp's own name of the reason; only those that happened. */
  readonly reasons: Readonly<Record<string, number>>;
}

/**
 * Reads the file of `sipp -trace_stat`: semicolons, one line of names, then snapshots. Cumulative columns end in `(C)`; the
 * last snapshot counts.
 *
 * @throws LabError CommandFailed when a column is missing or is no number
 */
export function parseSippStatistics(text: string): SippStatistics {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const names = lines[0]?.split(';') ?? [];
  const last = lines.length > 1 ? (lines.at(-1)?.split(';') ?? []) : [];
  const values = new Map(names.map((name, at) => [name, last[at] ?? '']));
  const read = (name: string): number => {
    const value = values.get(name)?.trim() ?? '';
    if (/^\d+$/.test(value)) return Number(value);
    throw unreadable(name, value);
  };
  const failures = names.filter((name) => /^Failed.+\(C\)$/.test(name) && name !== 'FailedCall(C)');
  return {
    successful: read('SuccessfulCall(C)'),
    failed: read('FailedCall(C)'),
    retransmissions: read('Retransmissions(C)'),
    unexpected:
      read('FailedUnexpectedMessage(C)') + read('OutOfCallMsgs(C)') + read('DeadCallMsgs(C)'),
    current: read('CurrentCall'),
    reasons: Object.fromEntries(
      failures
        .map((name): [string, number] => [name.slice('Failed'.length, -'(C)'.length), read(name)])
        .filter(([, count]) => count > 0),
    ),
  };
}

function unreadable(name: string, value: string): LabError {
  return new LabError({
    code: 'CommandFailed',
    message: `sipp's statistics were read, but ${name} says ${JSON.stringify(value)}`,
    remedy:
      'See whether sipp ended early (its errors file), or writes other columns in this version.',
  });
}
