import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const runCommandModule = new URL('./run-command.mjs', import.meta.url).href;

/** A child that says when it listens, and ends with an exit code of its own when it is told to. */
const child = `
  process.on('SIGTERM', () => process.exit(42));
  setInterval(() => {}, 1000);
  console.log('listening');
`;
const parent = `
  import { runCommand } from ${JSON.stringify(runCommandModule)};
  const done = await runCommand(process.execPath, ['-e', ${JSON.stringify(child)}]);
  process.exitCode = done.exitCode;
`;

it.skipIf(process.platform === 'win32')(
  'passes a signal on and ends with the exit code of the command',
  async () => {
    const running = spawn(process.execPath, ['--input-type=module', '-e', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(running.stdout, 'data');
    running.kill('SIGTERM');
    const [exitCode] = (await once(running, 'close')) as [number];
    expect(exitCode).toBe(42);
  },
);
