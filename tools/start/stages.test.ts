// Runs the stages on a small repository whose checks and test runner are stand-ins.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';

const stagesModule = new URL('./stages.mjs', import.meta.url).href;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A test runner that prints its arguments and counts as it is told. */
const countingRunner = (line: string, exitCode: number): string => `
  import { writeFileSync } from 'node:fs';
  console.log('ARGUMENTS', process.argv.slice(2).join(' '));
  writeFileSync(process.env.TRUETUPLE_COUNT_FILE, ${JSON.stringify(line)});
  process.exitCode = ${exitCode};
`;
const allPass = countingRunner('5 passed, 0 failed, 1 skipped', 0);

interface Run {
  readonly output: string;
  readonly lastLine: string | undefined;
  readonly exitCode: number;
}

it('ends with the count, after the times of every stage', async () => {
  const { output, lastLine, exitCode } = await run({ runner: allPass });
  expect(lastLine).toBe('5 passed, 0 failed, 1 skipped');
  expect(exitCode).toBe(0);
  for (const stage of [
    'set-up',
    'typecheck',
    'lint',
    'format:check',
    'knip',
    'publint',
    'api',
    'tests',
  ]) {
    expect(output).toMatch(new RegExp(`${stage} \\d+\\.\\d s`));
  }
});

it('hands the arguments to the test runner', async () => {
  const { output } = await run({ runner: allPass, args: ['--project', 'unit', 'foo'] });
  expect(output).toContain('ARGUMENTS run --project unit foo\n');
});

it('keeps the counting reporter beside one that was asked for', async () => {
  const { output } = await run({ runner: allPass, args: ['--reporter=verbose'] });
  expect(output).toContain('--reporter=verbose --reporter=./tools/closing-line.ts');
});

it('has the processes of the tests share what they compile, and leaves none of it behind', async () => {
  const runner = `${allPass}
    const { NODE_COMPILE_CACHE: cache } = process.env;
    const { mkdirSync } = await import('node:fs');
    mkdirSync(cache, { recursive: true });
    console.log('COMPILED IN', cache);
  `;
  const { output } = await run({ runner });
  const [, cache = '/'] = /COMPILED IN (.+)/.exec(output) ?? [];
  expect(cache).toMatch(/truetuple-test-/);
  expect(existsSync(cache)).toBe(false);
});

it('fails when a test fails', async () => {
  const runner = countingRunner('5 passed, 2 failed, 1 skipped', 1);
  const { lastLine, exitCode } = await run({ runner });
  expect(lastLine).toBe('5 passed, 2 failed, 1 skipped');
  expect(exitCode).toBe(1);
});

it('fails when the test runner dies before it counted', async () => {
  const { lastLine, exitCode } = await run({ runner: 'process.exitCode = 7;' });
  expect(lastLine).toBe('0 passed, 1 failed, 0 skipped');
  expect(exitCode).toBe(7);
});

it('runs no test when a check fails, and shows what the check said', async () => {
  const { output, lastLine, exitCode } = await run({
    runner: allPass,
    failing: { lint: 'a fault in some file' },
  });
  expect(lastLine).toBe('0 passed, 1 failed, 0 skipped');
  expect(exitCode).toBe(1);
  expect(output).toContain('a fault in some file');
  expect(output).toContain('npm run lint');
  expect(output).not.toContain('ARGUMENTS');
});

it('stops at types that do not hold: what comes after needs them', async () => {
  const { output } = await run({ runner: allPass, failing: { typecheck: 'TS2322' } });
  expect(output).toContain('TS2322');
  expect(output).not.toMatch(/lint \d/);
});

async function run(given: {
  readonly runner: string;
  readonly args?: readonly string[];
  readonly failing?: Readonly<Record<string, string>>;
}): Promise<Run> {
  const root = smallRepository(given.runner, given.failing ?? {});
  const program = `
    import { runStages } from ${JSON.stringify(stagesModule)};
    const ready = { node: process.execPath, env: process.env };
    const args = ${JSON.stringify(given.args ?? [])};
    const end = await runStages(${JSON.stringify(root)}, ready, args, 1200);
    process.exitCode = end.exitCode;
    console.log(end.line);
  `;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ['--input-type=module', '-e', program],
      (_error, stdout) => {
        const lastLine = stdout.trimEnd().split('\n').at(-1);
        resolve({ output: stdout, lastLine, exitCode: child.exitCode ?? -1 });
      },
    );
  });
}

function smallRepository(runner: string, failing: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'truetuple-stages-'));
  folders.push(root);
  const names = ['typecheck', 'lint', 'format:check', 'knip', 'publint', 'api'];
  const scripts = Object.fromEntries(
    names.map((name) => {
      const fault = failing[name];
      return [name, fault === undefined ? 'exit 0' : `echo "${fault}"; exit 1`];
    }),
  );
  writeFileSync(join(root, 'package.json'), JSON.stringify({ scripts }));
  mkdirSync(join(root, 'node_modules', 'vitest'), { recursive: true });
  writeFileSync(join(root, 'node_modules', 'vitest', 'vitest.mjs'), runner);
  return root;
}
