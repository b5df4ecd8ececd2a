// The TypeScript of a README, compiled beside a package: what that can import, the blocks can.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

/** The ts blocks of a README of the repository, in their order. */
export async function blocksOf(readme: string): Promise<readonly string[]> {
  const text = await readFile(join(root, readme), 'utf8');
  return [...text.matchAll(/```ts\n(.*?)```/gsu)].map(([, code = '']) => code);
}

/** What the compiler says of programs in a folder of its own two levels below the root; nothing when all is well. */
export async function problemsOf(folder: string, programs: readonly string[]): Promise<string> {
  for (const [index, text] of programs.entries()) {
    await writeFile(join(folder, `block-${index}.ts`), text);
  }
  const compilerOptions = {
    noEmit: true,
    composite: false,
    incremental: false,
    rootDir: '../../..',
    noUnusedLocals: false,
    noUnusedParameters: false,
    customConditions: ['truetuple-source'],
  };
  const config = {
    extends: '../../../tsconfig.base.json',
    compilerOptions,
    include: ['*.ts', '../src/**/*.d.ts'],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { stdout } = await run(tsc, ['-p', folder]).catch((error: { stdout: string }) => error);
  return stdout;
}
