import { describe, expect, it } from 'vitest';
import {
  SYSTEM_PACKAGES,
  describePackages,
  isDebianLike,
  mayInstall,
  missingPackages,
} from './system-packages.mjs';

const nothing = { hasCommand: () => false, hasFile: () => false };
const everything = { hasCommand: () => true, hasFile: () => true };

function names(packages: readonly { package: string }[]): string[] {
  return packages.map((entry) => entry.package);
}

describe('missingPackages', () => {
  it('is empty on a machine that has everything', () => {
    expect(missingPackages('test', everything, { mustCompile: true })).toEqual([]);
  });

  it('asks a demo only for what a demo needs', () => {
    const missing = names(missingPackages('demo', nothing, { mustCompile: true }));
    expect(missing).toEqual(['gcc', 'libc6-dev', 'util-linux']);
  });

  it('asks for a compiler only when something has to be compiled', () => {
    const missing = names(missingPackages('demo', nothing, { mustCompile: false }));
    expect(missing).toEqual(['util-linux']);
  });

  it('asks the tests for every package of the table', () => {
    const missing = missingPackages('test', nothing, { mustCompile: true });
    expect(missing).toEqual(SYSTEM_PACKAGES);
  });

  it('asks only for what does not show', () => {
    const probe = { hasCommand: (name: string) => name !== 'tshark', hasFile: () => true };
    expect(names(missingPackages('test', probe, { mustCompile: true }))).toEqual(['tshark']);
  });
});

it('describes each package with its reason', () => {
  const text = describePackages(SYSTEM_PACKAGES);
  for (const entry of SYSTEM_PACKAGES) expect(text).toContain(entry.why);
});

describe('mayInstall', () => {
  const debianRoot = {
    platform: 'linux',
    uid: 0,
    osRelease: 'ID=debian\n',
    hasApt: true,
    forbidden: false,
  };

  it('allows root on Debian', () => {
    expect(mayInstall(debianRoot)).toEqual({ kind: 'allowed' });
  });

  it.each([
    ['another platform', { platform: 'darwin', uid: 501 }, 'darwin'],
    ['an ordinary user', { uid: 1000 }, 'root'],
    ['a wish against it', { forbidden: true }, 'TRUETUPLE_NO_APT'],
    ['another distribution', { osRelease: 'ID=alpine\n' }, 'Debian'],
    ['a Debian image without apt', { hasApt: false }, 'Debian'],
  ])('refuses %s and says why', (_title, difference, reason) => {
    const answer = mayInstall({ ...debianRoot, ...difference });
    expect(answer).toEqual({ kind: 'refused', because: expect.stringContaining(reason) as string });
  });
});

describe('isDebianLike', () => {
  it.each([
    ['PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', true],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n', true],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
    ['ID=fedora\nNAME="not debian"\n', false],
    ['', false],
  ])('reads %j as %s', (text, expected) => {
    expect(isDebianLike(text)).toBe(expected);
  });
});
