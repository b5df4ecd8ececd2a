import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const netlink = join(import.meta.dirname, '../../packages/netlink');
const hasCompiler = spawnSync('cc', ['--version']).status === 0;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'truetuple-addon-'));
  for (const name of ['native', 'prebuilds', 'scripts']) {
    cpSync(join(netlink, name), join(folder, name), { recursive: true });
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Ended {
  readonly status: number | null;
  readonly said: string;
}

/** Runs the build script of the copy, with a compiler or without. */
function build(argument: string, compiler: 'cc' | 'none', environment: object = {}): Ended {
  const program = join(folder, 'scripts', 'build-native.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, argument], {
    encoding: 'utf8',
    env: { ...process.env, CC: compiler, ...environment },
  });
  return { status, said: stdout + stderr };
}

const silent: Ended = { status: 0, said: '' };
const built = (): boolean => existsSync(join(folder, 'build/Release/netlink.node'));
const changeSource = (): void => appendFileSync(join(folder, 'native/addon.h'), '// changed\n');

describe.skipIf(process.platform !== 'linux')('what a checkout does for its addon', () => {
  it('is nothing while the prebuilt file is of these sources: no compiler is asked for', () => {
    expect(build('--if-needed', 'none')).toEqual(silent);
    expect(built()).toBe(false);
    expect(build('--check', 'none')).toEqual(silent);
  });

  it('is to say that it cannot, after a change and without a compiler; an error where it must', () => {
    changeSource();
    const why = expect.stringContaining('there is no C compiler "none"') as string;
    expect(build('--if-needed', 'none')).toEqual({ status: 0, said: why });
    const required = { TRUETUPLE_NATIVE: 'required' };
    expect(build('--if-needed', 'none', required)).toEqual({ status: 1, said: why });
    expect(build('--check', 'none')).toEqual({
      status: 1,
      said: expect.stringMatching(/linux-x64 is not made from these sources.*--prebuild/) as string,
    });
  });

  it.skipIf(!hasCompiler)(
    'is to compile after a change, once, and to drop that when undone',
    () => {
      const before = readFileSync(join(folder, 'native/addon.h'));
      changeSource();
      expect(build('--if-needed', 'cc')).toEqual(silent);
      expect(built()).toBe(true);
      expect(build('--if-needed', 'none')).toEqual(silent);
      cpSync(join(netlink, 'native/addon.h'), join(folder, 'native/addon.h'));
      expect(readFileSync(join(folder, 'native/addon.h'))).toEqual(before);
      expect(build('--if-needed', 'none')).toEqual(silent);
      expect(built()).toBe(false);
    },
  );

  it('a prebuilt file that was tampered with is found before packing', () => {
    appendFileSync(join(folder, 'prebuilds/linux-arm64/netlink.node'), 'more');
    expect(build('--check', 'none')).toEqual({
      status: 1,
      said: expect.stringContaining('linux-arm64/netlink.node is not what was recorded') as string,
    });
  });
});
