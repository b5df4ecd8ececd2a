// Entry of `npm test`. Plain JavaScript: it may be run by a Node that cannot run TypeScript.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeRun } from './closing-count.mjs';
import { starterComplaint } from './node-version.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const complaint = starterComplaint(process.version);
if (complaint !== undefined) console.error(complaint);
const end = complaint === undefined ? await test() : closeRun({ counted: undefined, exitCode: 1 });
process.exitCode = end.exitCode;
console.log(end.line);

/** @returns {Promise<{ line: string, exitCode: number }>} */
async function test() {
  const { runStages } = await import('./stages.mjs');
  const { setUp } = await import('./set-up.mjs');
  const { StartError } = await import('./start-error.mjs');
  try {
    const started = performance.now();
    const ready = await setUp(root, 'test');
    return await runStages(root, ready, process.argv.slice(2), performance.now() - started);
  } catch (error) {
    console.error(error instanceof StartError ? error.report() : error);
    return closeRun({ counted: undefined, exitCode: 1 });
  }
}
