import { spawnSync } from 'node:child_process';
import { StartError } from './start/start-error.mjs';

/**
 * Runs a command to its end, quietly.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options]
 * @returns {string} its standard output
 * @throws {StartError} `CommandFailed`, with what it printed last
 */
export function run(command, args, options = {}) {
  const line = `${command} ${args.join(' ')}`;
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    ...options,
  });
  if (status === 0) return stdout;
  const said = `${stdout}\n${stderr}`.trim().split('\n').slice(-20).join('\n');
  throw new StartError({
    code: 'CommandFailed',
    message: `${line} failed: ${error?.message ?? `exit status ${status}`}`,
    remedy: 'Read what it printed, above. It needs the npm registry and a Debian mirror.',
    output: said,
  });
}
