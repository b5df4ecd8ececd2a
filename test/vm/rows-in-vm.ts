import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { asRowResult, type GuestRow, type RowResult } from './guest/row.ts';
import { runInVm, type RunInVmOptions } from './run-in-vm.ts';
import { VmError } from './vm-error.ts';

export interface RowsInVm {
  readonly name: string;
  readonly rows: readonly GuestRow[];
  /** The program that runs these rows, beside them in guest/. */
  readonly program: string;
  readonly options: Omit<RunInVmOptions, 'entry'>;
  /** Whether a machine that can run no VM fails the tests; else they are skipped, with the reason. */
  readonly mustRun: boolean;
}

type Outcome =
  | { readonly kind: 'ran'; readonly rows: ReadonlyMap<string, RowResult> }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'unavailable'; readonly error: VmError };

/** Makes one test of each row. One machine for all: a row that is missing from its answers fails like one that does not hold. */
export function testRowsInVm({ name, rows, program, options, mustRun }: RowsInVm): void {
  let outcome: Outcome;
  beforeAll(async () => {
    outcome = await bootOnce({ ...options, entry: join(import.meta.dirname, 'guest', program) });
  }, options.timeoutMs + 60_000);

  describe(name, () => {
    for (const { id, title } of rows) {
      it(`${id}: ${title}`, (context) => {
        if (outcome.kind === 'unavailable' && !mustRun) context.skip(outcome.error.message);
        if (outcome.kind !== 'ran') throw asError(outcome.error);
        const result = outcome.rows.get(id);
        expect(result, `the guest reported no row ${id}`).toBeDefined();
        expect(result?.failure).toBeUndefined();
      });
    }
  });
}

async function bootOnce(options: RunInVmOptions): Promise<Outcome> {
  try {
    const run = await runInVm(options);
    const rows = run.results.flatMap((result) => asRowResult(result) ?? []);
    const inRows = rows.reduce((sum, row) => sum + row.ms, 0);
    console.log(
      `VM: built in ${Math.round(run.buildMs)} ms, ran ${Math.round(run.runMs)} ms, of that ${inRows} ms in ${rows.length} rows`,
    );
    return { kind: 'ran', rows: new Map(rows.map((row) => [row.id, row])) };
  } catch (error) {
    return VmError.is(error) && error.isUnavailable
      ? { kind: 'unavailable', error }
      : { kind: 'failed', error };
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
