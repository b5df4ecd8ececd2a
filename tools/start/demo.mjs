// Entry of `npm run demo`. Plain JavaScript: it may be run by a Node that cannot run TypeScript.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { starterComplaint } from './node-version.mjs';

const complaint = starterComplaint(process.version);
if (complaint === undefined) {
  process.exitCode = await demo();
} else {
  console.error(complaint);
  process.exitCode = 1;
}

/** @returns {Promise<number>} the exit code */
async function demo() {
  const { setUp } = await import('./set-up.mjs');
  const { runCommand } = await import('./run-command.mjs');
  const { StartError } = await import('./start-error.mjs');
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  try {
    // What is missing was said; the demo finds out by itself what this machine permits.
    const { node, env } = await setUp(root, 'demo');
    const main = join(root, 'test', 'lab', 'src', 'demo', 'main.ts');
    const args = ['-C', 'truetuple-source', main, ...process.argv.slice(2)];
    const { exitCode } = await runCommand(node, args, { env });
    return exitCode;
  } catch (error) {
    console.error(error instanceof StartError ? error.report() : error);
    return 1;
  }
}
