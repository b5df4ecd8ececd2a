import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { asRowResult, type RowResult } from './guest/row.ts';
import { guestRows } from './guest/rows.ts';
import { runInVm } from './run-in-vm.ts';
import { VmError } from './vm-error.ts';

const timeoutMs = 240_000;
const mustRun = process.env['CI'] === 'true';

type Outcome =
  | { readonly kind: 'ran'; readonly rows: ReadonlyMap<string, RowResult> }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'unavailable'; readonly error: VmError };

let outcome: Outcome;

beforeAll(async () => {
  outcome = await bootOnce();
}, timeoutMs + 60_000);

// one machine for all rows: a row that is missing from its answers fails like one that does not hold
describe('in a VM with real ipvlan', () => {
  for (const { id, title } of guestRows) {
    it(`${id} on ipvlan l2: ${title}`, (context) => {
      if (outcome.kind === 'unavailable' && !mustRun) context.skip(outcome.error.message);
      if (outcome.kind !== 'ran') throw asError(outcome.error);
      const result = outcome.rows.get(id);
      expect(result, `the guest reported no row ${id}`).toBeDefined();
      expect(result?.failure).toBeUndefined();
    });
  }
});

async function bootOnce(): Promise<Outcome> {
  try {
    const run = await runInVm({ entry: join(import.meta.dirname, 'guest/main.ts'), timeoutMs });
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
