import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Whether this machine has a C compiler. */
export function hasCompiler(): boolean {
  return spawnSync('cc', ['--version']).status === 0;
}

/** A program that was compiled; its file goes when it is disposed of. */
export interface CompiledProgram extends Disposable {
  /** Absolute path. Only the user who had it compiled may run it. */
  readonly path: string;
}

/** Compiles one C file, every warning being an error. Throws with what the compiler said. */
export function compileProgram(source: string): CompiledProgram {
  const folder = mkdtempSync(join(tmpdir(), 'truetuple-compiled-'));
  const remove = (): void => rmSync(folder, { recursive: true });
  const path = join(folder, 'program');
  try {
    const options = ['-Wall', '-Wextra', '-Werror', '-o', path, source];
    execFileSync('cc', options, { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    remove();
    throw error;
  }
  return { path, [Symbol.dispose]: remove };
}
