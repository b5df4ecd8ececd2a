import { guestRows } from './rows.ts';
import { runRows } from './row.ts';

await runRows(guestRows);
// a row that failed half-way may have left a socket open
process.exit(0);
