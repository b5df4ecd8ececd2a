import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * @typedef {{
 *   env?: NodeJS.ProcessEnv,
 *   cwd?: string,
 *   output?: 'show' | 'keep',
 *   shell?: boolean,
 *   input?: 'inherit' | 'none',
 * }} RunOptions
 * @typedef {{ exitCode: number, output: string }} Finished
 */

/**
 * Runs a command to its end. Signals that reach this process are passed on to it.
 * A death by signal is told as exit code 128 + signal number, as shells do.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Finished>}
 */
export function runCommand(command, args, options = {}) {
  const keep = options.output === 'keep';
  const pipe = keep ? 'pipe' : 'inherit';
  const child = spawn(command, [...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    shell: options.shell ?? false,
    stdio: [options.input === 'none' ? 'ignore' : 'inherit', pipe, pipe],
  });
  const stopForwarding = forwardSignals(child);
  /** @type {Buffer[]} */
  const chunks = [];
  /** @param {Buffer} chunk */
  const keepChunk = (chunk) => void chunks.push(chunk);
  child.stdout?.on('data', keepChunk);
  child.stderr?.on('data', keepChunk);
  return new Promise((resolve) => {
    child.on('error', (error) => {
      stopForwarding();
      resolve({ exitCode: 127, output: `${command}: ${error.message}` });
    });
    child.on('close', (code, signal) => {
      stopForwarding();
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

/**
 * A terminal sends its interrupt to the whole foreground group, so the child already has that one.
 * @param {import('node:child_process').ChildProcess} child
 * @returns {() => void} takes the listeners away again
 */
function forwardSignals(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => {
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}
