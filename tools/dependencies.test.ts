// Every dependency has its reason in writing, and an exact version.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const repository = join(import.meta.dirname, '..');
const reasons = 'docs/decisions/0003-dependencies.md';

interface Dependency {
  readonly name: string;
  readonly version: string;
  /** Folder of the manifest; "." is the root. */
  readonly usedBy: string;
}

const manifests = globSync(
  [
    'package.json',
    'packages/*/package.json',
    'test/package.json',
    'test/lab/package.json',
    'bench/package.json',
  ],
  { cwd: repository },
);
const declared = manifests
  .flatMap(readDependencies)
  .filter(({ version }) => !version.startsWith('workspace:'));
const rows = readRows();

it('finds dependencies and reasons at all', () => {
  expect(declared.length).toBeGreaterThan(10);
  expect(rows.length).toBeGreaterThan(10);
});

it.each(declared)('$name in $usedBy has a line of reason', ({ name, usedBy }) => {
  const row = rows.find((each) => each.name === name);
  expect(row?.usedBy, `no line for ${name} in ${reasons}`).toContain(usedBy);
  expect(row?.why.length, `no reason for ${name} in ${reasons}`).toBeGreaterThan(10);
});

it.each(declared)('$name in $usedBy is pinned', ({ version }) => {
  expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

it.each(manifests)('%s says of no peer that it does not have that it is optional', (manifest) => {
  const { peerDependencies, peerDependenciesMeta } = readManifest(manifest);
  const optional = Object.keys(peerDependenciesMeta ?? {});
  expect(Object.keys(peerDependencies ?? {})).toEqual(expect.arrayContaining(optional));
});

it.each(rows)('$name still is a dependency where its line says so', ({ name, usedBy }) => {
  const folders = declared.filter((each) => each.name === name).map((each) => each.usedBy);
  expect(usedBy.toSorted()).toEqual(folders.toSorted());
});

function readDependencies(manifest: string): Dependency[] {
  const parsed = readManifest(manifest);
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];
  return kinds
    .flatMap((kind) => Object.entries((parsed[kind] ?? {}) as Readonly<Record<string, string>>))
    .map(([name, version]) => ({ name, version, usedBy: dirname(manifest) }));
}

function readManifest(manifest: string): Readonly<Record<string, object | undefined>> {
  return JSON.parse(readFileSync(join(repository, manifest), 'utf8')) as Readonly<
    Record<string, object | undefined>
  >;
}

function readRows(): { name: string; usedBy: string[]; why: string }[] {
  const text = readFileSync(join(repository, reasons), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm)].map(
    ([, name = '', usedBy = '', why = '']) => ({
      name,
      usedBy: [...usedBy.matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? ''),
      why,
    }),
  );
}
