import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compareVersions, isInRange, parseVersion, starterComplaint } from './node-version.mjs';

function version(text: string): { major: number; minor: number; patch: number } {
  const parsed = parseVersion(text);
  if (parsed === undefined) throw new TypeError(`not a version: ${text}`);
  return parsed;
}

describe('parseVersion', () => {
  it.each([
    ['v24.21.0', { major: 24, minor: 21, patch: 0 }],
    ['20.1', { major: 20, minor: 1, patch: 0 }],
    ['v26', { major: 26, minor: 0, patch: 0 }],
    ['v27.0.0-nightly2026', { major: 27, minor: 0, patch: 0 }],
  ])('reads %s', (text, expected) => {
    expect(parseVersion(text)).toEqual(expected);
  });

  it.each(['', 'vv1', 'node', '1.2.3.4', '24.x'])('does not take "%s" for a version', (text) => {
    expect(parseVersion(text)).toBeUndefined();
  });
});

describe('compareVersions', () => {
  it('compares numbers, not texts', () => {
    expect(compareVersions(version('9.10.0'), version('10.9.0'))).toBeLessThan(0);
    expect(compareVersions(version('22.18.0'), version('22.9.9'))).toBeGreaterThan(0);
    expect(compareVersions(version('24.0.1'), version('v24.0.1'))).toBe(0);
  });
});

describe('isInRange', () => {
  const { engines } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { engines: { node: string } };

  it.each([
    ['20.20.2', false],
    ['22.17.9', false],
    ['22.18.0', true],
    ['23.5.0', false],
    ['24.10.0', false],
    ['24.21.0', true],
    ['25.9.0', false],
    ['26.0.0', true],
    ['30.1.0', true],
  ])('judges %s by the range of package.json: %s', (text, expected) => {
    expect(isInRange(version(text), engines.node)).toBe(expected);
  });

  it('refuses a form it does not know instead of guessing', () => {
    expect(() => isInRange(version('24.0.0'), '~24.0.0')).toThrow('neither');
  });
});

describe('starterComplaint', () => {
  it('accepts Node 20 and newer', () => {
    expect(starterComplaint('v20.0.0')).toBeUndefined();
    expect(starterComplaint('v26.10.0')).toBeUndefined();
  });

  it('says what is too old and what to do', () => {
    expect(starterComplaint('v18.20.4')).toMatch(/v18\.20\.4[\s\S]*What to do: install/);
  });
});
