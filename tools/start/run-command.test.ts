import { expect, it } from 'vitest';
import { runCommand } from './run-command.mjs';

it('returns the exit code and what was printed on both streams', async () => {
  const done = await runCommand(
    process.execPath,
    ['-e', 'console.log("out"); console.error("err"); process.exitCode = 3'],
    { output: 'keep', input: 'none' },
  );
  expect(done.exitCode).toBe(3);
  expect(done.output).toContain('out\n');
  expect(done.output).toContain('err\n');
});

it('tells a death by signal as a shell does', async () => {
  const done = await runCommand(
    process.execPath,
    ['-e', 'process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)'],
    { output: 'keep', input: 'none' },
  );
  expect(done.exitCode).toBe(128 + 9);
});

it('tells a command that does not exist', async () => {
  const done = await runCommand('truetuple-no-such-command', [], { output: 'keep' });
  expect(done.exitCode).toBe(127);
  expect(done.output).toContain('truetuple-no-such-command');
});

it('takes its signal listeners away again', async () => {
  const before = process.listenerCount('SIGTERM');
  const running = runCommand(process.execPath, ['-e', ''], { output: 'keep', input: 'none' });
  expect(process.listenerCount('SIGTERM')).toBe(before + 1);
  await running;
  expect(process.listenerCount('SIGTERM')).toBe(before);
});
