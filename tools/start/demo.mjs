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
    const { node, env, missing, addon } = await setUp(root, 'demo');
    const main = join(root, 'test', 'lab', 'src', 'demo', 'main.ts');
    const { exitCode } = await runCommand(
      node,
      ['-C', 'truetuple-source', main, ...process.argv.slice(2)],
      {
        env: {
          ...env,
          TRUETUPLE_DEMO_ADDON: addon,
          TRUETUPLE_DEMO_MISSING: missing.join(','),
        },
      },
    );
    return exitCode;
  } catch (error) {
    console.error(error instanceof StartError ? error.report() : error);
    return 1;
  }
}
