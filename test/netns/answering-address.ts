import { join } from 'node:path';
import { compileProgram, hasCompiler, type CompiledProgram } from '../compile-program.ts';

/** A program whose socket does what Node has no call for. */
export const answeringAddressSource: string = join(import.meta.dirname, 'answering-address.c');

/** The program, compiled; undefined where there is no C compiler, and this says why. In CI that is a failure instead. */
export function compileAnsweringAddress(): CompiledProgram | undefined {
  if (hasCompiler()) return compileProgram(answeringAddressSource);
  const why = 'rows W3 and W4 of the tuple matrix: there is no C compiler (cc)';
  if (process.env['CI'] === 'true') throw new Error(why);
  console.warn(`skipped: ${why}`);
  return undefined;
}
