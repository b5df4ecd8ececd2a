import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const preamble = `
import { execFileSync } from 'node:child_process';
import { copyEnvironment } from '${new URL('./copy-environment.ts', import.meta.url).href}';
const telling = ['--eval', 'console.log(process.env.GIVEN, process.env.SET)'];
`;

/** What a program prints whose environment has GIVEN; for good, so in a process of its own. */
function printed(program: string): string {
  const args = ['--input-type=module', '--eval', `${preamble}${program}`];
  const env = { ...process.env, GIVEN: 'given' };
  return execFileSync(process.execPath, args, { encoding: 'utf8', env }).trim();
}

describe('the environment', () => {
  it('is read from an object like any other once copied: such a one keeps a number as it is', () => {
    const program = `process.env.SET = 5; console.log(typeof process.env.SET);`;
    expect(printed(program)).toBe('string');
    expect(printed(`copyEnvironment(); ${program}`)).toBe('number');
  });

  it('is as it was', () => {
    const program = `
      const before = { ...process.env };
      copyEnvironment();
      console.log(process.env.GIVEN, JSON.stringify(before) === JSON.stringify(process.env), 'MISSING' in process.env);
    `;
    expect(printed(program)).toBe('given true false');
  });

  it('goes to processes that are started later, with what was set meanwhile', () => {
    const program = `
      copyEnvironment();
      process.env.SET = 'set';
      process.stdout.write(execFileSync(process.execPath, telling));
    `;
    expect(printed(program)).toBe('given set');
  });
});
