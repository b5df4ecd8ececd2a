// Runs the tuple matrix in a box of its own and prints one JSON line per row: { id, failure? }.
import { openBox } from '@truetuple/lab';
import { compileAnsweringAddress } from './answering-address.ts';
import { tupleMatrixRows } from './tuple-matrix-rows.ts';

using program = compileAnsweringAddress();
await using box = await openBox();
for (const row of tupleMatrixRows(program?.path)) {
  const failure = await row.run(box).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  process.stdout.write(`${JSON.stringify({ id: row.id, failure })}\n`);
}
