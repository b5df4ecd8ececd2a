import { report } from './report.ts';

/** One thing that the guest proves. Data with a function: the host reads id and title only. */
export interface GuestRow {
  readonly id: string;
  readonly title: string;
  /** Rejects, usually with an AssertionError of node:assert, when it does not hold. */
  readonly run: () => Promise<void>;
}

/** What the host learns of a row. */
export interface RowResult {
  readonly kind: 'row';
  readonly id: string;
  readonly ms: number;
  /** Why the row does not hold; absent from the JSON when it does. */
  readonly failure: string | undefined;
}

// emulation is slow: only a row that waits for what never comes takes this long
const rowLimitMs = 30_000;

/** Runs rows one after the other and reports each. A row that fails or hangs does not stop the rest. */
export async function runRows(rows: readonly GuestRow[]): Promise<void> {
  for (const row of rows) report(await runRow(row));
}

async function runRow(row: GuestRow): Promise<RowResult> {
  const started = performance.now();
  const done = (failure?: string): RowResult => ({
    kind: 'row',
    id: row.id,
    ms: Math.round(performance.now() - started),
    failure,
  });
  const limit = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => limit.reject(new Error(`${row.id} did not end within ${rowLimitMs} ms`)),
    rowLimitMs,
  );
  try {
    await Promise.race([row.run(), limit.promise]);
    return done();
  } catch (error) {
    return done(error instanceof Error ? (error.stack ?? error.message) : String(error));
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a reported value as a row's result; undefined for anything else. */
export function asRowResult(value: unknown): RowResult | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return 'kind' in value && value.kind === 'row' ? (value as RowResult) : undefined;
}
